/** One word per thing: what the glossary has retired is declared nowhere, not in the tests and not in a local either. */
import { expect, test } from "vitest"
import { filesIn } from "../architecture/module.ts"
import { declaredIn } from "./declared.ts"
import { pages, ROOT, read } from "./reader-pages.ts"

const GLOSSARY = /^## 11\. .*/ms.exec(read("docs/architecture.md"))?.[0] ?? ""

const SCOPES = ["client", "hub", "scenarios", "rest"] as const

interface Retired {
  readonly word: string
  /** Retired there alone. */
  readonly of: (typeof SCOPES)[number] | undefined
}

/** Rows of the second table: the words that are not used, and what is said instead. */
const retiredIn = (glossary: string): Retired[] =>
  [...glossary.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$/gm)].flatMap(([, words = "", instead = ""]) =>
    [...words.matchAll(/`(\w+)`/g)].map(([, word = ""]) => ({
      word,
      of: SCOPES.find((scope) => instead.startsWith(`of the ${scope}:`)),
    })),
  )

/** Windows, the client and the demonstration have words of their own: a draft there is what was typed and not sent. */
function partOf(path: string): "client" | "windows" | "hub" | "proof" {
  if (/^(?:src|test)\/client\//.test(path)) return "client"
  if (/^(?:src\/(?:web|demo)|test\/(?:web|browser))\//.test(path)) return "windows"
  return path.startsWith("src/") ? "hub" : "proof"
}

/** What is seen from outside, or step by step: what a client or a console received has a name. */
const SCENARIOS =
  /^(?:src\/(?!client\/)|loadtest\/|test\/(?:abuse|acceptance|app|browser|client|domain|edge|faults|loadtest|simulation|store|web)\/)/

/** Where no conversation is looked up: there a place would be something else each time. */
const REST = /^(?:src\/(?!app\/)|loadtest|test\/(?!app\/))/

function isRetired({ of }: Retired, path: string): boolean {
  const part = partOf(path)
  if (of === "scenarios") return SCENARIOS.test(path)
  if (of === "rest") return REST.test(path)
  return of === undefined ? part === "hub" || part === "proof" : part === of
}

test("no retired word is declared", () => {
  const retired = retiredIn(GLOSSARY)
  expect(retired.length).toBeGreaterThan(90)
  expect(new Set(retired.map(({ of }) => of))).toEqual(new Set([...SCOPES, undefined]))
  const found = filesIn(ROOT, ["src", "test", "loadtest", "scripts"])
    .filter((path) => /\.(?:tsx?|mjs)$/.test(path))
    .flatMap((path) => {
      const text = read(path)
      const written = retired.filter((one) => isRetired(one, path) && patternOf(one).test(`${path} ${text}`))
      // A syntax tree costs more than all else here, and most files have none of these words.
      const declared = written.length > 0 ? declaredIn(path, text) : new Set()
      return written.filter(({ word }) => declared.has(word)).map(({ word }) => `${path} declares ${word}`)
    })
  expect(found).toEqual([])
})

const patternOf = ({ word }: Retired): RegExp => new RegExp(`\\b${word}\\b`)

/** A comment speaks of users, visitors, agents and callers, and of what they do. */
const VAGUE = /\b(?:somebody|nobody|whoever|whomever|someone|anyone)\b/i

test("comments of the source name the user, visitor, agent or caller", () => {
  const found = filesIn(ROOT, ["src"])
    .filter((path) => /\.(?:tsx?|css|lua)$/.test(path))
    .flatMap((path) =>
      commentsIn(read(path))
        .filter((comment) => VAGUE.test(comment))
        .map((comment) => `${path}: ${comment.trim()}`),
    )
  expect(found).toEqual([])
})

test("and so do the pages", () => {
  const found = pages().flatMap(({ path, text }) =>
    text
      .split("\n")
      .filter((line) => !line.startsWith("| `") && (VAGUE.test(line) || /\banybody\b/i.test(line)))
      .map((line) => `${path}: ${line}`),
  )
  expect(found).toEqual([])
})

const commentsIn = (text: string): string[] =>
  [...text.matchAll(/\/\*[\s\S]*?\*\/|^\s*(?:\/\/|--).*$|\s\/\/ .*$/gm)].map(([comment]) => comment)

test("the words of the glossary stand in order, each once", () => {
  const words = [...GLOSSARY.matchAll(/^\| ([a-z][^|`]*) \| /gm)].map(([, word = ""]) => word)
  const entries = words.filter((word) => word !== "word" && word !== "not")
  expect(entries.length).toBeGreaterThan(30)
  expect(entries).toEqual([...new Set(entries)].sort((a, b) => (a < b ? -1 : 1)))
})

test("comments are found, and texts are none", () => {
  const text = '/** one */\nconst a = "// no" // two\n-- three\n  // four\n'
  expect(commentsIn(text).map((comment) => comment.trim())).toEqual([
    "/** one */",
    "// two",
    "-- three",
    "// four",
  ])
})

test("a retired word is seen wherever a name is declared", () => {
  const text = [
    "interface A { readonly one: B; two(named: B): void }",
    "class C { async #three() {} }",
    "const four = ({ five, six: seven = 1 }, [eight]) => { for (const nine of five) throw nine }",
  ].join("\n")
  const names = ["A", "C", "one", "two", "named", "three", "four", "five", "seven", "eight", "nine", "ten"]
  expect([...declaredIn("src/x/ten.ts", text)].sort()).toEqual(names.sort())
  expect(retiredIn("| `Old`, `older` | new |\n| `own` | of the client: x |\n| old | x |")).toEqual([
    { word: "Old", of: undefined },
    { word: "older", of: undefined },
    { word: "own", of: "client" },
  ])
})
