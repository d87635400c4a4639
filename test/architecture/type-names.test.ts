import { expect, test } from "vitest"
import { modulesIn } from "./module.ts"
import { sharedTypeNames } from "./type-names.ts"

const ROOT = new URL("../../", import.meta.url)

test("a type's name stands for one thing", () => {
  const sources = modulesIn(ROOT, ["src"])
  expect(sources.length).toBeGreaterThan(300)
  expect(sharedTypeNames(sources)).toEqual([])
})

test("two declarations of one name are seen, and what is only handed on is none", () => {
  const found = sharedTypeNames([
    { path: "src/a.ts", text: "export interface Entry {}\ninterface Row {}\nexport type Own = 1" },
    { path: "src/b.ts", text: 'export abstract class Entry {}\nexport type { Own } from "./a.ts"' },
    { path: "src/c.ts", text: "export type Row = 1\nexport type User = 1" },
    { path: "src/d.ts", text: "export type User = 2" },
  ])
  expect(found).toEqual(["Entry is declared in src/a.ts and src/b.ts"])
})
