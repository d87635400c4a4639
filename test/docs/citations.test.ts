/** Every section and every rule that code or tests cite stands in the pages. */
import { describe, expect, test } from "vitest"
import { filesIn, modulesIn } from "../architecture/module.ts"
import { headingsIn, ROOT, read } from "./reader-pages.ts"

/** The numbers of a page's headings: `4.2`. */
const sectionsOf = (path: string): Set<string> =>
  new Set(headingsIn({ path, text: read(path) }).map((title) => /^(\d+(?:\.\d+)?)/.exec(title)?.[1] ?? ""))

const WIRE = sectionsOf("docs/protocol.md")
const PAGES: Readonly<Record<string, Set<string>>> = {
  "docs/protocol.md": WIRE,
  "docs/architecture.md": sectionsOf("docs/architecture.md"),
}
const RULES = new Set(rulesIn(read("docs/architecture.md")))

function rulesIn(text: string): string[] {
  return [...text.matchAll(/\[([PS]\d+)\]/g)].map(([, id = ""]) => id)
}

/** `docs/protocol.md 3.2, 5` cites two sections. */
function citedIn(text: string): { page: string; section: string }[] {
  const found = text.matchAll(/(docs\/[\w-]+\.md) (\d+(?:\.\d+)?(?:(?:, | and )\d+(?:\.\d+)?)*)/g)
  return [...found].flatMap(([, page = "", sections = ""]) =>
    sections.split(/, | and /).map((section) => ({ page, section })),
  )
}

/** `[4.2]` on the line that obeys it. */
const bracketedIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w)\]])\[(\d\.\d)\]/g)].map(([, section = ""]) => section)

const files = filesIn(ROOT, ["src", "test", "loadtest"])
  .filter((path) => /\.(tsx?|lua|mjs)$/.test(path) && path !== "test/docs/citations.test.ts")
  .map((path) => ({ path, text: read(path) }))

describe("what is cited is there:", () => {
  test("sections, by the name of their page", () => {
    const cited = files.flatMap(({ path, text }) => citedIn(text).map((one) => ({ path, ...one })))
    expect(cited.length).toBeGreaterThan(50)
    expect(cited.filter(({ page, section }) => !PAGES[page]?.has(section))).toEqual([])
  })

  test("sections by no name but that of their page", () => {
    const nameless = /\b(?:PROTOCOL|DESIGN)(?!_),?(?: sections?)? \d/
    expect(files.filter(({ text }) => nameless.test(text)).map(({ path }) => path)).toEqual([])
  })

  test("sections of the protocol on the lines that obey them", () => {
    const cited = files.flatMap(({ path, text }) => bracketedIn(text).map((section) => ({ path, section })))
    expect(cited.filter(({ section }) => !WIRE.has(section))).toEqual([])
  })

  test("sections of the protocol that begin the names of tests", () => {
    const cited = modulesIn(ROOT, ["test/acceptance"]).flatMap(({ path, titles }) =>
      titles.flatMap((title) => {
        const section = /^(\d+(?:\.\d+)?) /.exec(title)?.[1]
        return section === undefined ? [] : [{ path, section }]
      }),
    )
    expect(cited.length).toBeGreaterThan(100)
    expect(cited.filter(({ section }) => !WIRE.has(section))).toEqual([])
  })

  test("promises and rules of the store", () => {
    const cited = files.flatMap(({ path, text }) => rulesIn(text).map((rule) => ({ path, rule })))
    expect(cited.length).toBeGreaterThan(100)
    const known = ({ path, rule }: { path: string; rule: string }) =>
      RULES.has(rule) || path === "test/architecture.test.ts"
    expect(cited.filter((one) => !known(one))).toEqual([])
  })
})

test("a citation of nothing is seen", () => {
  expect(citedIn("as docs/protocol.md 3.2, 9 and 4.1 say (docs/architecture.md 4)")).toEqual([
    { page: "docs/protocol.md", section: "3.2" },
    { page: "docs/protocol.md", section: "9" },
    { page: "docs/protocol.md", section: "4.1" },
    { page: "docs/architecture.md", section: "4" },
  ])
  expect(bracketedIn("// [4.2] but not a[1.5]")).toEqual(["4.2"])
  expect(WIRE.has("9")).toBe(false)
  expect(RULES.has("S99")).toBe(false)
})
