import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { UserRecord } from "../../src/domain/records.ts"
import { foundIn, normalized, searchChanges, searchFrom, searchTerms } from "../../src/domain/search.ts"
import { blankUser } from "../../src/domain/user.ts"

const user = (more: Partial<UserRecord>): UserRecord => ({ ...blankUser("usr_1", 1), ...more })
const terms = (more: Partial<UserRecord>): string[] => [...searchTerms(user(more))].sort()

describe("what people are found by", () => {
  test("each beginning of a word of their name, whatever the accents and capitals", () => {
    expect(terms({ profile: { name: "  Zoë  van DIJK " } })).toEqual(["dijk", "van dijk", "zoe van dijk"])
  })

  test("letters that a keyboard may lack, as they are written without them", () => {
    const [written, typed] = ["Søren GROẞMANN-Łukæsz", "soren grossmann-lukaesz"]
    expect(normalized(written)).toBe(normalized(typed))
  })

  test("their external id, and their email if it is verified", () => {
    const profile = { email: "Zoe@Shop.Example", emailVerified: true }
    expect(terms({ externalId: "C-42", profile })).toEqual(["c-42", "zoe@shop.example"])
    expect(terms({ profile: { email: "zoe@shop.example", emailVerified: false } })).toEqual([])
    expect(terms({ profile: { email: "zoe@shop.example" } })).toEqual([])
  })

  test("nothing, once they were merged into another user", () => {
    const mergeState = { into: "usr_2", mergeId: "m", reason: "api", at: 1 } as const
    const profile = { name: "Zoe" }
    expect(terms({ profile, mergeState: { ...mergeState, kind: "merging" } })).toEqual(["zoe"])
    expect(terms({ profile, mergeState: { ...mergeState, kind: "merged" } })).toEqual([])
  })

  test("only a bounded part of a name of any length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (name) => {
        const found = [...searchTerms(user({ profile: { name }, externalId: name || "x" }))]
        expect(found.length).toBeLessThanOrEqual(7)
        for (const term of found) expect(Buffer.byteLength(term)).toBeLessThanOrEqual(256)
      }),
    )
  })
})

describe("what a change of a user changes", () => {
  test("only what is not the same, and names and ids that hold anything", () => {
    const before = user({ externalId: "C-42", profile: { name: "Zoe Dijk" } })
    const after = user({ externalId: "C-42", profile: { name: "Zoe Smit" } })
    expect(searchChanges(before, after, "usr_1").map(({ member, score }) => [member, score])).toEqual([
      ["zoe dijk\u0000usr_1", "out"],
      ["dijk\u0000usr_1", "out"],
      ["zoe smit\u0000usr_1", 0],
      ["smit\u0000usr_1", 0],
    ])
    expect(searchChanges(after, after, "usr_1")).toEqual([])
  })

  test("changes one after another leave the terms of the last", () => {
    const some = fc.record({ profile: fc.record({ name: fc.string({ maxLength: 20 }) }) })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 6 }), (all) => {
        const ranking = new Set<string>()
        let before: UserRecord | undefined
        for (const after of all.map(user)) {
          for (const { member, score } of searchChanges(before, after, "usr_1"))
            if (score === "out") ranking.delete(member)
            else ranking.add(member)
          before = after
        }
        const expected = [...searchTerms(before)].map((term) => `${term}\u0000usr_1`)
        expect([...ranking].sort()).toEqual(expected.sort())
      }),
    )
  })
})

test("a prefix stands before everything that begins with it, and after nothing else does", () => {
  const word = fc.string({ unit: "grapheme", maxLength: 8 }).map(normalized)
  fc.assert(
    fc.property(word, word, (prefix, rest) => {
      const bytes = (text: string): Buffer => Buffer.from(text)
      const member = `${prefix}${rest}\u0000usr_1`
      expect(Buffer.compare(bytes(member), bytes(searchFrom(prefix).member))).toBe(-1)
      expect(foundIn(member, prefix)).toBe("usr_1")
    }),
  )
  expect(foundIn("zoe\u0000usr_1", "zoo")).toBeUndefined()
})
