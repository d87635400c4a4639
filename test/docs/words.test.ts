/** One word per thing: what the glossary has retired is declared nowhere in the source. */
import { expect, test } from "vitest"
import { filesIn } from "../architecture/module.ts"
import { ROOT, read } from "./pages.ts"

const GLOSSARY = /^## 11\. .*/ms.exec(read("docs/architecture.md"))?.[0] ?? ""

interface Retired {
  readonly word: string
  /** The client has words of its own: a draft there is a message that was typed and not sent. */
  readonly ofClient: boolean
}

/** Rows of the second table: the words that are not used, and what is said instead. */
const retiredIn = (glossary: string): Retired[] =>
  [...glossary.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$/gm)].flatMap(([, words = "", instead = ""]) =>
    [...words.matchAll(/`(\w+)`/g)].map(([, word = ""]) => ({
      word,
      ofClient: instead.startsWith("of the client:"),
    })),
  )

/** Names that a file declares for others: its own, and those of types, functions, constants, methods and fields. */
function declaredIn(path: string, text: string): Set<string> {
  const base = path.slice(path.lastIndexOf("/") + 1).replace(/\..*$/, "")
  const named = text.matchAll(
    /^(?:export )?(?:async )?(?:function|class|interface|type|const|let) (\w+)|^ {2}(?:(?:readonly|async|static|get) )*#?(\w+)\??(?:[(<:]| = )/gm,
  )
  return new Set([base, ...[...named].map(([, outer, member]) => outer ?? member ?? "")])
}

test("no retired word is declared", () => {
  const retired = retiredIn(GLOSSARY)
  expect(retired.length).toBeGreaterThan(30)
  expect(retired.some(({ ofClient }) => ofClient)).toBe(true)
  const found = filesIn(ROOT, ["src"])
    .filter((path) => /\.tsx?$/.test(path))
    .flatMap((path) => {
      const declared = declaredIn(path, read(path))
      const here = /^src\/(client|web|demo)\//.exec(path)?.[1]
      return retired
        .filter(({ ofClient }) => (ofClient ? here === "client" : here === undefined))
        .filter(({ word }) => declared.has(word))
        .map(({ word }) => `${path} declares ${word}`)
    })
  expect(found).toEqual([])
})

test("the words of the glossary stand in order, each once", () => {
  const words = [...GLOSSARY.matchAll(/^\| ([a-z][^|`]*) \| /gm)].map(([, word = ""]) => word)
  const entries = words.filter((word) => word !== "word" && word !== "not")
  expect(entries.length).toBeGreaterThan(30)
  expect(entries).toEqual([...new Set(entries)].sort((a, b) => (a < b ? -1 : 1)))
})

test("a retired word is seen as a type, a function, a method, a field and a file", () => {
  const text =
    "interface A {\n  readonly one: B\n  two(): void\n}\nclass C {\n  async #three() {}\n}\nconst four = 1"
  expect([...declaredIn("src/x/five.ts", text)].sort()).toEqual(
    ["A", "C", "five", "four", "one", "three", "two"].sort(),
  )
  expect(retiredIn("| `Old`, `older` | new |\n| `own` | of the client: x |\n| old | x |")).toEqual([
    { word: "Old", ofClient: false },
    { word: "older", ofClient: false },
    { word: "own", ofClient: true },
  ])
})
