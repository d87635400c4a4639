/** docs/protocol.md 3.2: an address is one that every reader takes for the same place. */
import { describe, expect, test } from "vitest"
import { isLink } from "../../src/protocol/link.ts"

describe("addresses", () => {
  test.each([
    "https://example.org",
    "https://example.org/ü.png?a=1#b",
    "HTTP://example.org:8080/a%20b",
    "https://例え.jp/パス",
    "https://fa.example/می\u200Cخواهم",
    "https://[2001:db8::1]/a",
    "https://cdn.example/@scope/file.png",
    "https://example.org?mail=ann@example.org",
    "https://xn--mnchen-3ya.example/",
  ])("%s", (url) => expect(isLink(url)).toBe(true))
})

describe("what a page could misread is none", () => {
  test.each([
    "",
    "https://",
    "http://",
    "https:///",
    "https:///evil.example",
    "https://[",
    "http://127.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "https://.example/",
    "https://example..org/",
    "https://[::1",
    "https://?a",
    "https://:443",
    "https://example.org:99999",
    "https://exa mple.org",
    " https://example.org",
    "https://example.org ",
    "https://example.org/a b",
    "https://example.org/\u00A0",
    "https://example.org/\u2028",
    "https://exam\tple.org",
    "https://example.org/\n",
    "https://example.org/\0",
    "https://example.org/\u007F",
    "https://example.org/\u202Egnp.exe",
    "https://example.org/\u200Ba",
    "https://\u00ADexample.org",
    "https://good.example\\@evil.example",
    "https:\\\\evil.example",
    "https://user@example.org",
    "https://@example.org",
    "https://good.example:pass@evil.example/",
    "https://%65vil.example",
    "javascript:alert(1)",
    "javascript://example.org/%0Aalert(1)",
    "data:text/html,x",
    "ftp://example.org/a",
    "//example.org",
    "example.org",
  ])("%j", (url) => expect(isLink(url)).toBe(false))
})
