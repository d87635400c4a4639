/** The pages lead somewhere: every link, path, section and command that one of them names is there. */
import { readdirSync } from "node:fs"
import { posix, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { anchorOf, exists, headingsIn, type Page, pages, ROOT, read, withoutCode } from "./reader-pages.ts"

const all = pages()

interface Link {
  /** From the project's root. */
  readonly to: string
  readonly anchor: string | undefined
  readonly shown: string
}

function linksIn({ path, text }: Page): Link[] {
  const found = withoutCode(text).matchAll(/\[([^\]]+)\]\(([^)#\s]*)(?:#([^)]+))?\)/g)
  return [...found]
    .filter(([, , to = ""]) => !/^\w+:/.test(to))
    .map(([, shown = "", to = "", anchor]) => ({
      to: to === "" ? path : posix.normalize(posix.join(posix.dirname(path), to)),
      anchor,
      shown,
    }))
}

/** What a page names without a link, in prose or in code. */
const pathsIn = ({ text }: Page): string[] =>
  [...text.matchAll(/(?<![\w./-])(?:src|test|loadtest|docs|scripts|\.ci|\.github)\/[\w./-]*\w/g)].map(
    ([path]) => path,
  )

const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts
const commandsIn = ({ text }: Page): string[] =>
  [...text.matchAll(/npm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)].map(
    ([, run, known]) => run ?? known ?? "",
  )

describe.each(all.map((page) => [page.path, page] as const))("%s", (_, page) => {
  test("links to files that are there", () => {
    expect(linksIn(page).filter(({ to }) => !exists(to))).toEqual([])
  })

  test("links to sections that are there", () => {
    const missing = linksIn(page).filter(({ to, anchor }) => {
      const target = all.find(({ path }) => path === to)
      return anchor !== undefined && !(target && headingsIn(target).map(anchorOf).includes(anchor))
    })
    expect(missing).toEqual([])
  })

  test("names files that are there", () => {
    expect(pathsIn(page).filter((path) => !exists(path))).toEqual([])
  })

  test("names commands that npm knows", () => {
    expect(commandsIn(page).filter((name) => SCRIPTS[name] === undefined)).toEqual([])
  })
})

test("every plot that is kept is shown", () => {
  const page = all.find(({ path }) => path === "docs/performance.md")
  const shown = page ? linksIn(page).map(({ to }) => to) : []
  const kept = readdirSync(fileURLToPath(new URL("docs/plots/", ROOT))).map((name) => `docs/plots/${name}`)
  expect(kept.length).toBeGreaterThan(8)
  expect(kept.filter((path) => !shown.includes(path))).toEqual([])
})

test("the scripts of package.json name files that are there", () => {
  const named = Object.values(SCRIPTS).flatMap((script) =>
    [...script.matchAll(/(?:src|test|loadtest|scripts)\/[\w./-]+/g)].map(([path]) => path),
  )
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((path) => !exists(path))).toEqual([])
})

describe("the map", () => {
  const entries = all.flatMap(({ path, text }) =>
    [...text.matchAll(/^- \[((?:src|test)\/[^\]]+)\]\(([^)]+)\) – /gm)].map(([, shown = "", to = ""]) => ({
      shown,
      to: posix.normalize(posix.join(posix.dirname(path), to)),
    })),
  )

  test("says of each file what it is called, and of none twice", () => {
    expect(entries.filter(({ shown, to }) => shown !== to)).toEqual([])
    const paths = entries.map(({ to }) => to)
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([])
  })

  test("shows every part of src, and every folder of one", () => {
    const src = fileURLToPath(new URL("src/", ROOT))
    const parts = readdirSync(src, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() || entry.parentPath === src.replace(/\/$/, "") || entry.parentPath === src,
      )
      .map(({ parentPath, name }) => posix.join("src", relative(src, parentPath), name))
    expect(parts.length).toBeGreaterThan(10)
    const shown = entries.map(({ to }) => to)
    expect(parts.filter((part) => !shown.some((to) => to === part || to.startsWith(`${part}/`)))).toEqual([])
  })
})

test("a page that leads nowhere is seen", () => {
  const page = { path: "docs/x.md", text: "[a](../gone.md#b) `src/gone.ts` npm run gone\n```\n[c](d)\n```" }
  expect(linksIn(page)).toEqual([{ to: "gone.md", anchor: "b", shown: "a" }])
  expect(pathsIn(page)).toEqual(["src/gone.ts"])
  expect(commandsIn(page)).toEqual(["gone"])
})
