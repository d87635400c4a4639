/** The walks of the architecture page go through functions that are where the page says they are. */
import { expect, test } from "vitest"
import { read } from "./reader-pages.ts"

interface Step {
  /** From the project's root. */
  readonly path: string
  readonly names: readonly string[]
}

function stepsIn(page: string): Step[] {
  const found = page.matchAll(/^\d+\. \[(src\/[^\]]+)\]\([^)]+\) · ((?:`\w+`(?:, )?)+) –/gm)
  return [...found].map(([, path = "", names = ""]) => ({
    path,
    names: [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  }))
}

/** A function, a class, or a method of one. */
const declares = (source: string, name: string): boolean =>
  new RegExp(`(?:function|class|const) ${name}\\b|^ {2}(?:async )?${name}[(<]`, "m").test(source)

const WALKS = /^## 10\. .*?(?=^## )/ms.exec(read("docs/architecture.md"))?.[0] ?? ""

test("each function of the walks is declared in the file that the step names", () => {
  const steps = stepsIn(WALKS)
  expect(steps.length).toBe([...WALKS.matchAll(/^\d+\. /gm)].length)
  expect(steps.length).toBeGreaterThan(20)
  const missing = steps.flatMap(({ path, names }) => {
    const source = read(path)
    return names.filter((name) => !declares(source, name)).map((name) => `${path} has no ${name}`)
  })
  expect(missing).toEqual([])
})

test("a function that is called, but not declared there, is seen", () => {
  expect(declares("export async function send() {\n  go()\n}", "send")).toBe(true)
  expect(declares("class A {\n  async send(a: B) {}\n}", "send")).toBe(true)
  expect(declares("  await send()\n", "send")).toBe(false)
})
