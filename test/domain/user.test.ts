/** The user after a login and after a merge (docs/protocol.md 4.2, 4.5). */
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { emailTaken } from "../../src/domain/identity.ts"
import {
  applyClaims,
  blankUser,
  mergedIdsOf,
  mergedMetadata,
  mergedProfile,
  withMergedId,
} from "../../src/domain/user.ts"
import { COMMANDS } from "../../src/protocol/commands.ts"
import { metadata } from "../../src/protocol/scalars.ts"

const HOUR = 3_600_000
const claims = { externalId: "e", emailVerified: false }

test("[4.2] the survivor's values win, the discarded user's fill holes", () => {
  const survivor = { name: "Ann" }
  expect(mergedProfile({ survivor, discarded: { name: "B", locale: "de" } })).toEqual({
    name: "Ann",
    locale: "de",
  })
  expect(mergedMetadata({ survivor: { a: 1 }, discarded: { a: 2, b: 3 } })).toEqual({ a: 1, b: 3 })
  expect(mergedMetadata({ survivor: undefined, discarded: { a: 2 } })).toEqual({ a: 2 })
})

test("[4.2] an email moves together with the word whether it is verified, and replaces none", () => {
  const typed = { email: "b@x", emailVerified: false }
  expect(mergedProfile({ survivor: {}, discarded: typed })).toEqual(typed)
  expect(mergedProfile({ survivor: { email: "a@x", emailVerified: true }, discarded: typed })).toMatchObject({
    emailVerified: true,
  })
  expect(
    mergedProfile({ survivor: { email: "a@x" }, discarded: { email: "b@x", emailVerified: true } }),
  ).toEqual({ email: "a@x" })
})

test("[4.2] metadata never grows beyond its bound, and the survivor's is never cut", () => {
  const large = { a: "x".repeat(4000) }
  expect(mergedMetadata({ survivor: large, discarded: { b: "y".repeat(200), c: 1 } })).toEqual({
    ...large,
    c: 1,
  })
})

test("[4.5] a verified email is not replaced by an unverified one; a verified one replaces any", () => {
  const verified = { email: "a@x", emailVerified: true }
  expect(applyClaims(verified, { ...claims, email: "b@x" })).toEqual(verified)
  expect(applyClaims(verified, { ...claims, email: "b@x", emailVerified: true })).toMatchObject({
    email: "b@x",
  })
  expect(applyClaims({}, { ...claims, email: "b@x" })).toEqual({ email: "b@x", emailVerified: false })
})

test("[4.5] an email is taken while its login is on its way, and as long as its holder bears it verified", () => {
  const record = { email: "a@x", externalId: "e", reservedAt: 0 }
  const holder = { ...blankUser("u", 0), externalId: "e" }
  expect(emailTaken(record, undefined, 1)).toBe(true)
  expect(emailTaken(record, holder, HOUR)).toBe(false)
  expect(emailTaken(record, { ...holder, profile: { email: "A@X", emailVerified: true } }, HOUR)).toBe(true)
  expect(emailTaken(record, { ...holder, profile: { email: "a@x" } }, HOUR)).toBe(false)
})

test("[3.2] sends are known under every name of the last days, over any number of merges", () => {
  const first = {
    ...blankUser("second", 0),
    mergedIds: withMergedId({ survivor: blankUser("second", 0), discarded: blankUser("first", 0) }, 1),
  }
  const survivor = {
    ...blankUser("third", 0),
    mergedIds: withMergedId({ survivor: blankUser("third", 0), discarded: first }, HOUR),
  }
  expect(mergedIdsOf(survivor, "send")).toEqual(["first", "second"])
  expect(withMergedId({ survivor, discarded: blankUser("fourth", 0) }, 72 * HOUR).map(([id]) => id)).toEqual([
    "fourth",
  ])
})

test("[3.2] names whose sends the survivor answers for are not looked under, and names do not grow without end", () => {
  const known = {
    ...blankUser("b", 0),
    mergedIds: withMergedId({ survivor: blankUser("b", 0), discarded: blankUser("a", 0) }, 1, "sends"),
  }
  expect([mergedIdsOf(known, "send"), mergedIdsOf(known, "create")]).toEqual([[], ["a"]])
  expect(
    withMergedId({ survivor: blankUser("b", 0), discarded: blankUser("a", 0) }, 1, "everything"),
  ).toEqual([])
  let many = blankUser("b", 0)
  for (let k = 0; k < 100; k += 1)
    many = { ...many, mergedIds: withMergedId({ survivor: many, discarded: blankUser(`u${k}`, 0) }, 1) }
  expect(many.mergedIds.map(([id]) => id)).toEqual(["u92", "u93", "u94", "u95", "u96", "u97", "u98", "u99"])
})

test("[P3] what a merge makes of two profiles is as valid as each of them", () => {
  const facts = fc
    .dictionary(
      fc.string({ maxLength: 30 }),
      fc.oneof(fc.string({ maxLength: 900 }), fc.integer(), fc.boolean()),
      { maxKeys: 9 },
    )
    .filter((value) => metadata.safeParse(value).success)
  const name = fc.string({ minLength: 1, maxLength: 255 })
  const profile = fc.record(
    {
      name,
      email: fc.emailAddress({ size: "xsmall" }).filter(({ length }) => length <= 128),
      emailVerified: fc.boolean(),
      locale: fc.constant("de"),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(facts, facts, profile, profile, (own, other, survivor, discarded) => {
      const whole = mergedMetadata({ survivor: own, discarded: other })
      expect(metadata.safeParse(whole).success).toBe(true)
      expect(whole).toMatchObject(own)
      const { emailVerified: _, ...typed } = mergedProfile({ survivor, discarded })
      expect(COMMANDS["profile:update"].body.safeParse(typed).success).toBe(true)
    }),
  )
})
