import { describe, expect, test } from "vitest"
import { chosenLocale, directionOf, languageFor } from "../../src/web/ui/locale.ts"
import { type Text, translator } from "../../src/web/ui/texts.ts"
import { byteSize, dayName, relativeTime, shortTime } from "../../src/web/ui/times.ts"
import { ar } from "../../src/web/widget/words/ar.ts"
import { de } from "../../src/web/widget/words/de.ts"
import { en } from "../../src/web/widget/words/en.ts"

describe("a locale", () => {
  test.each([
    [["de-AT", "en"], "de-AT"],
    [["", undefined, "nonsense tag!", "fr"], "fr"],
    [["en", "de-DE", "en-GB"], "en-GB"],
    [["pt_BR"], "pt-BR"],
    [[], "en"],
  ])("of %j is %s", (wanted, chosen) => {
    expect(chosenLocale(...wanted)).toBe(chosen)
  })

  test.each([
    ["ar", "rtl"],
    ["he-IL", "rtl"],
    ["fa", "rtl"],
    ["az-Arab", "rtl"],
    ["ku-Latn", "ltr"],
    ["en", "ltr"],
    ["nonsense tag!", "ltr"],
  ])("%s runs %s", (tag, direction) => {
    expect(directionOf(tag)).toBe(direction)
  })

  test("has the texts of its language", () => {
    expect(languageFor("de-AT", ["en", "de"])).toBe("de")
    expect(languageFor("fr", ["en", "de"])).toBeUndefined()
  })
})

describe("texts", () => {
  const words = { hello: "Hello {name}", unread: { one: "{count} message", other: "{count} messages" } }

  test("have holes and counts", () => {
    const text = translator("en", words)
    expect(text("hello", { name: "{count} <b>Mira</b>" })).toBe("Hello {count} <b>Mira</b>")
    expect([0, 1, 2, 1200].map((count) => text("unread", { count }))).toEqual([
      "0 messages",
      "1 message",
      "2 messages",
      "1,200 messages",
    ])
    expect(text("hello")).toBe("Hello {name}")
  })

  test("are replaced by the site's own, one by one", () => {
    const text = translator("en", words, { hello: "Hi" })
    expect([text("hello"), text("unread", { count: 1 })]).toEqual(["Hi", "1 message"])
  })

  test("of another language keep their own grammar and direction, also from right to left", () => {
    const [french, hebrew] = ["fr", "he"].map((locale) => translator(locale, words, { hello: "אהלן" }, "en"))
    expect(french?.("unread", { count: 0 })).toBe("0 messages")
    expect(hebrew?.("unread", { count: 2 })).toBe("\u20662 messages\u2069")
    expect(hebrew?.("hello")).toBe("אהלן")
  })

  const holes = (text: Text): string[] => {
    const forms = typeof text === "string" ? [text] : [text.other]
    return forms.flatMap((form) => form.match(/\{\w+\}/g) ?? []).sort()
  }

  test.each([
    ["German", "de", de],
    ["Arabic", "ar", ar],
  ])("%s has every text, with the same holes and all its plural forms", (_, tag, catalogue) => {
    const entries: [string, Text][] = Object.entries(catalogue)
    expect(entries.map(([key]) => key).sort()).toEqual(Object.keys(en).sort())
    const english: Record<string, Text> = en
    for (const [key, text] of entries) {
      expect([key, holes(text)]).toEqual([key, holes(english[key] ?? "")])
      if (typeof text === "string") continue
      const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories
      // What no whole number falls into may be left to `other`.
      const used = new Set([1, 2, 3, 11, 100, 101].map((count) => new Intl.PluralRules(tag).select(count)))
      expect(categories.filter((category) => used.has(category) && text[category] === undefined)).toEqual([])
    }
  })
})

describe("times", () => {
  const now = new Date(2026, 4, 13, 12, 0).getTime()
  const day = 86_400_000

  test.each([
    [0, "Today"],
    [1, "Yesterday"],
    [3, "Sunday"],
    [20, "23 April"],
    [400, "8 April 2025"],
  ])("%i days ago was %s", (days, name) => {
    expect(dayName(now - days * day, now, "en-GB")).toBe(name)
  })

  test("in a list they are as short as they can be", () => {
    expect(shortTime(now - 60_000, now, "en-GB")).toBe("11:59")
    expect(shortTime(now - 3 * day, now, "en-GB")).toBe("Sun")
    expect(shortTime(now - 40 * day, now, "en-GB")).toBe("03/04/2026")
  })

  test("as distances", () => {
    expect(relativeTime(now - 5 * 60_000, now, "en")).toBe("5 min. ago")
    expect(relativeTime(now - 20_000, now, "en")).toBe("now")
    expect(relativeTime(now + 2 * 3_600_000, now, "en")).toBe("now")
    expect(relativeTime(now - 3 * day, now, "de")).toBe("vor 3 Tagen")
  })

  test("sizes", () => {
    expect(byteSize(48_213, "en")).toBe("48.2 kB")
    expect(byteSize(0, "en")).toBe("0 byte")
  })
})
