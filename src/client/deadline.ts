/** A deadline for promises of the host and of the storage. */
import type { Clock } from "../lib/clock.ts"

export class TooLate extends Error {}

/** @throws TooLate if the promise is not settled in time */
export async function within<T>(ms: number, clock: Clock, promise: Promise<T>): Promise<T> {
  let cancel = (): void => undefined
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(new TooLate("no answer in time")))
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}

/** Why something failed, in words; anything can be thrown. */
export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
