/** The pages tell the truth: their tables and numbers are those of the code. */
import { describe, expect, test } from "vitest"
import { NUMBERS } from "./numbers.ts"
import { TABLES } from "./page-tables.ts"
import { pages, read, tablesIn, withTables } from "./reader-pages.ts"

const found = pages().flatMap((page) =>
  tablesIn(page).map(([name, written]) => ({ path: page.path, name, written })),
)
/** Lines are broken anywhere. */
const words = (text: string): string => text.replaceAll(/\s+/g, " ")

describe("the tables are those of the code:", () => {
  test.each(found.map(({ path, name, written }) => [path, name, written] as const))(
    "%s, %s",
    (_, name, written) => {
      expect(written, "npm run docs writes it").toBe(TABLES[name]?.())
    },
  )

  test("each stands in a page", () => {
    const shown = new Set(found.map(({ name }) => name))
    expect(Object.keys(TABLES).filter((name) => !shown.has(name))).toEqual([])
  })

  test("each setting of an app is explained beside its table", () => {
    const page = read("docs/admin-api.md")
    const settings = TABLES["app-settings"]?.() ?? ""
    const groups = [...settings.matchAll(/^\| `(\w+)/gm)].map(([, name = ""]) => name)
    expect(groups.length).toBeGreaterThan(5)
    expect(groups.filter((name) => !page.includes(`- \`${name}\` –`))).toEqual([])
  })

  test("a changed one is seen, and written anew", () => {
    const text = "a\n\n<!-- table: x -->\n\nold\n\n<!-- end -->\n\nb"
    expect(tablesIn({ path: "x.md", text })).toEqual([["x", "old"]])
    const written = withTables(text, { x: () => "new" })
    expect(tablesIn({ path: "x.md", text: written })).toEqual([["x", "new"]])
    expect(withTables(written, { x: () => "new" })).toBe(written)
  })
})

test("the settings of Redis are those of docker-compose.yml", () => {
  const [, block = ""] = /^```text\n(appendonly.*?)^```/ms.exec(read("docs/operations.md")) ?? []
  const compose = read("docker-compose.yml").replaceAll(/[\s"-]+/g, " ")
  const lines = block.trim().split("\n")
  expect(lines.length).toBeGreaterThan(3)
  expect(lines.filter((line) => !compose.includes(line.replaceAll("-", " ")))).toEqual([])
})

describe("the numbers are those of the code:", () => {
  test.each(NUMBERS)("%s: %s (%s)", (page, sentence, path, declaration) => {
    expect(words(read(page))).toContain(sentence)
    expect(read(path)).toContain(declaration)
  })
})
