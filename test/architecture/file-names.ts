/** The name of a file tells it from every other one, and by more than an ending. */
import type { Module } from "./module.ts"

/** Entries of pages, and words by language, are told apart by their folder. */
const NAMED_BY_FOLDER = /^(?:main|[a-z]{2})$/

const nameOf = (path: string): string => path.replace(/^.*\//, "").replace(/\.(?:tsx?|lua)$/, "")

function together(paths: readonly string[], keyOf: (name: string) => string): string[] {
  const found = new Map<string, string[]>()
  for (const path of paths) {
    const name = nameOf(path)
    const key = keyOf(name)
    if (!NAMED_BY_FOLDER.test(name)) found.set(key, [...(found.get(key) ?? []), path])
  }
  return [...found.values()].filter((alike) => alike.length > 1).map((alike) => alike.join(" and "))
}

/** A test alone may bear the name of another file, of which it is the test. */
export const sameNames = (modules: readonly Module[]): string[] =>
  together(
    modules.map(({ path }) => path),
    (name) => name,
  )

/** `expire`, `expired`, `expiring`, `expiry`: the same word in a name that is read. */
const ENDING = /(?:ations?|ions?|ings?|ers?|ors?|ed|es|s|e|y)$/

/** Files of one part of the project whose names differ by an ending alone. */
export const alikeNames = (paths: readonly string[]): string[] =>
  ["src/", "loadtest/"].flatMap((part) =>
    together(
      paths.filter((path) => path.startsWith(part)),
      (name) => name.replace(ENDING, ""),
    ),
  )
