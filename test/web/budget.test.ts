/** What a visitor's browser has to fetch, as it was built. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { beforeAll, describe, expect, test } from "vitest"
import { build } from "../browser/started-hub.ts"

const WEB = fileURLToPath(new URL("../../dist/web", import.meta.url))

beforeAll(build, 180_000)

const read = (path: string): string => readFileSync(join(WEB, path), "utf8")
const gzipped = (path: string): number => gzipSync(read(path), { level: 9 }).length

/** The window's module, with all that it needs to be there. */
function windowFiles(): string[] {
  const entry = /assets\/widget-[\w-]+\.js/.exec(read("widget.js"))?.[0]
  if (entry === undefined) throw new Error("The loader names no module.")
  const found = new Set([entry])
  for (const path of found)
    for (const [, name = ""] of read(path).matchAll(/(?:from|^import)\s*"\.\/([\w.-]+\.js)"/gm))
      found.add(`assets/${name}`)
  return [...found]
}

test("the loader is below 8 kB", () => {
  expect(gzipped("widget.js")).toBeLessThan(8_000)
})

test("the window with the SDK is below 45 kB, and so with any of its languages", () => {
  const whole = windowFiles().reduce((sum, path) => sum + gzipped(path), 0)
  expect(whole).toBeLessThan(45_000)
  const languages = readdirSync(join(WEB, "assets")).filter((name) => /^(?:de|ar)-[\w-]+\.js$/.test(name))
  expect(languages).toHaveLength(2)
  for (const name of languages) expect(whole + gzipped(`assets/${name}`)).toBeLessThan(45_000)
})

test("the console, with its styles, is below 60 kB", () => {
  const page = read("console/index.html")
  const files = [...page.matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.(?:js|css))"/g)].map(
    ([, path = ""]) => path,
  )
  expect(files.length).toBeGreaterThan(1)
  expect(files.reduce((sum, path) => sum + gzipped(path), 0)).toBeLessThan(60_000)
})

describe("what was built", () => {
  const built = (): string[] =>
    readdirSync(WEB, { recursive: true, encoding: "utf8" }).filter((path) => /\.(?:js|css|html)$/.test(path))

  test("loads nothing of anybody else", () => {
    for (const path of built()) {
      const text = read(path)
      expect([
        path,
        text.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"|@import|url\(["']?(?:https?:)?\/\//g),
      ]).toEqual([path, null])
      expect([path, text.match(/\beval\(|new Function\b|document\.write/g)]).toEqual([path, null])
    }
  })

  test("is there compressed", () => {
    for (const path of built().filter((name) => read(name).length > 2_000))
      expect([path, existsSync(join(WEB, `${path}.gz`)), existsSync(join(WEB, `${path}.br`))]).toEqual([
        path,
        true,
        true,
      ])
  })
})
