/** From the name of a dialect to the dialect. */
import { pathToFileURL } from "node:url"
import type { Dialect, DialectName } from "./dialect.ts"
import { hubDialect } from "./hub-dialect.ts"
import { opponentDialect } from "./opponent-dialect.ts"

export async function resolveDialect({ name, options }: DialectName): Promise<Dialect> {
  if (name === "hub") return hubDialect(options)
  if (name === "opponent") return opponentDialect()
  // The boundary: the adapter is a file of another project.
  const module = (await import(pathToFileURL(name.adapter).href)) as {
    dialect?: (options: Readonly<Record<string, string>>) => Dialect
  }
  if (typeof module.dialect !== "function")
    throw new Error(`${name.adapter} must export a function \`dialect(options)\`.`)
  return module.dialect(options)
}
