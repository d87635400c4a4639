/** Generators for as long as they are needed. */
import type { Progress } from "../generator/job.ts"
import { Generator } from "./child.ts"

/** Starts that many, and ends them whatever happens. */
export async function withGenerators<T>(
  count: number,
  tell: (progress: Progress) => void,
  use: (generators: readonly Generator[]) => Promise<T>,
): Promise<T> {
  const generators = Array.from({ length: count }, () => new Generator(tell))
  try {
    return await use(generators)
  } finally {
    await Promise.all(generators.map((generator) => generator.stop()))
  }
}

/** For jobs that do not report as they go. */
export const withGenerator = <T>(use: (generator: Generator) => Promise<T>): Promise<T> =>
  withGenerators(
    1,
    () => undefined,
    ([generator]) => {
      if (!generator) throw new Error("No generator was started.")
      return use(generator)
    },
  )

export const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000))
