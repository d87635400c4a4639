import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { fileName, linked, plainName, webAddress } from "../../src/web/ui/links.ts"

const hrefs = (text: string): (string | undefined)[] =>
  linked(text).flatMap(({ href }) => (href === undefined ? [] : [href]))

describe("an address of the web", () => {
  test.each(["https://example.com/", "http://example.com/a?b=c#d", "HTTPS://EXAMPLE.com"])(
    "is %s",
    (text) => {
      expect(webAddress(text)).toBe(new URL(text).href)
    },
  )

  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.com/1",
    "//example.com",
    "/path",
    "example.com",
    "",
    "https://bank.example@evil.example/",
    "https://user:password@example.com/",
  ])("is not %s", (text) => {
    expect(webAddress(text)).toBeUndefined()
  })
})

describe("links in words", () => {
  test.each([
    ["see https://example.com.", ["https://example.com/"]],
    ["(https://example.com/a_(b))", ["https://example.com/a_(b)"]],
    ["https://example.com/a, https://example.com/b!", ["https://example.com/a", "https://example.com/b"]],
    ["www.example.com/x", ["https://www.example.com/x"]],
    ["<https://example.com>", ["https://example.com/"]],
    ["javascript:alert(1) ftp://example.com mailto:a@example.com", []],
    ["xhttps://example.com", []],
    ["https://", []],
    ["«https://example.com/é»", ["https://example.com/%C3%A9"]],
  ])("%s", (text, expected) => {
    expect(hrefs(text)).toEqual(expected)
  })

  test("a sign that turns the direction of writing ends a link: it would show another address", () => {
    expect(hrefs("https://example.com/\u202egpj.exe")).toEqual(["https://example.com/"])
  })

  test("the pieces are the text, whatever the text", () => {
    const hostile: string[] = JSON.parse(
      readFileSync(new URL("../data/naughty-strings.json", import.meta.url), "utf8"),
    )
    for (const text of hostile) {
      const pieces = linked(text)
      expect(pieces.map((piece) => piece.text).join("")).toBe(text)
      for (const { href } of pieces) expect(href ?? "https:").toMatch(/^https?:/)
    }
  })

  test("take no longer for a long text than for many short ones", () => {
    const long = "https://example.com/((((".repeat(150)
    expect(linked(long.slice(0, 4096)).length).toBeGreaterThan(0)
    expect(linked(`https://e.com/${")".repeat(4000)}`)[0]?.href).toBe("https://e.com/")
  })
})

test.each([
  ["https://example.com/files/invoice%20March.pdf?x=1", "invoice March.pdf"],
  ["https://example.com/", ""],
  ["https://example.com/%E0%A4%A", "%E0%A4%A"],
  ["nonsense", ""],
])("the file at %s is called %s", (address, name) => {
  expect(fileName(address)).toBe(name)
})

test("a name that would be read backwards is read as it is", () => {
  expect(plainName("invoice\u202egnp.exe")).toBe("invoicegnp.exe")
  expect(plainName("\u2067صورة\u2069 جديدة.png")).toBe("صورة جديدة.png")
})
