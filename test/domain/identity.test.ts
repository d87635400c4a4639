/** Who opens whom (docs/protocol.md 4.2, 4.4): consumed sessions, revoked tokens, reserved names, logouts. */
import { describe, expect, test } from "vitest"
import type { Versioned } from "../../src/domain/change-set.ts"
import {
  emailTaken,
  endVisitor,
  isConsumed,
  isLoggedOut,
  isRevoked,
  lastLogout,
  logOutDevice,
  retireVisitor,
  revokeBefore,
  updateClaims,
  upgradeUser,
} from "../../src/domain/identity.ts"
import type { UserRecord } from "../../src/domain/records.ts"
import { blankUser } from "../../src/domain/user.ts"

const NOW = 5_000
const person: UserRecord = { ...blankUser("usr_a", 1), externalId: "somebody" }
const loaded = (value: UserRecord | undefined): Versioned<"user"> => ({
  kind: "user",
  id: "usr_a",
  version: value ? 3 : 0,
  value,
})
const claims = { externalId: "somebody", name: "Some Body", emailVerified: false }

describe("given a visitor's session", () => {
  test.each([
    ["a visitor's", blankUser("usr_a", 1), false],
    ["a person's", person, true],
    [
      "one that is being merged",
      {
        ...blankUser("usr_a", 1),
        mergeState: { kind: "merging", into: "usr_b", mergeId: "m", reason: "api", at: 2 },
      },
      true,
    ],
  ] as const)("%s record", (_, record, consumed) => {
    expect(isConsumed(record)).toBe(consumed)
  })
})

describe("[P4] given a logout everywhere", () => {
  const asking = { by: "socket", issuedAt: 3 }
  const { put, append, expect: expected } = revokeBefore(loaded(person), person, NOW, asking)
  const after = put?.[0]?.value

  test("tokens of that second and before are refused, later ones are not", () => {
    expect(after).toMatchObject({ tokensAfter: 5 })
    expect([undefined, 4, 5, 6].map((issuedAt) => isRevoked({ tokensAfter: 5 }, issuedAt))).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect(isRevoked(person, undefined), "without one every token opens").toBe(false)
  })

  test.each([
    ["the token that asks is ended, though its issuer's clock is ahead", {}, { ...asking, issuedAt: 9 }],
    ["a later logout while the clock is behind takes nothing back", { tokensAfter: 9 }, asking],
  ])("%s", (_, earlier, request) => {
    const [change] = revokeBefore(loaded(person), { ...person, ...earlier }, NOW, request).put ?? []
    expect(change?.value).toMatchObject({ tokensAfter: 9 })
  })

  test("all nodes are told, and it holds only for the user as they were read", () => {
    expect(append).toEqual([
      { to: "control", payload: { kind: "revoked", userId: "usr_a", tokensAfter: 5, by: "socket" } },
    ])
    expect(expected).toEqual([loaded(person)])
  })
})

describe("[P4] given a device that logs out", () => {
  const { put, append } = logOutDevice(loaded(person), person, "phone", "socket")
  const [once] = put ?? []
  const after = once?.kind === "user" ? once.value : person
  const socket = { issuedAt: 1, deviceId: "phone", logoutNo: 0 }

  test("all nodes are told, and the record keeps it", () => {
    expect(append).toEqual([
      { to: "control", payload: { kind: "logout", userId: "usr_a", deviceId: "phone", no: 1, by: "socket" } },
    ])
    expect(after.logouts).toEqual([["phone", 1]])
  })

  test("its sockets are logged out, other devices and later sign-ins are not", () => {
    expect(isLoggedOut(person, socket)).toBe(false)
    expect(isLoggedOut(after, socket)).toBe(true)
    expect(isLoggedOut(after, { ...socket, deviceId: "tablet" })).toBe(false)
    expect(isLoggedOut(after, { ...socket, logoutNo: lastLogout(after) })).toBe(false)
  })
})

test("[P4] given a visitor who logs out, their feed alone hears of it", () => {
  const { put, append } = endVisitor(loaded(undefined), "usr_v", NOW)
  expect(put?.[0]?.value).toMatchObject({ id: "usr_v", ended: true })
  expect(append).toEqual([{ to: "feed", userId: "usr_v", payload: { kind: "ended" } }])
})

describe("given a token", () => {
  test("when it makes a visitor a person, both feeds hear of it", () => {
    const { user, changeSet } = upgradeUser(loaded(undefined), "usr_a", claims, "slot", NOW, {})
    expect(user).toMatchObject({ id: "usr_a", externalId: "somebody", profile: { name: "Some Body" } })
    expect(changeSet.append?.map(({ to }) => to)).toEqual(["feed", "agents"])
  })

  test("when it says what is known, nothing changes; when it says something new, the profile does", () => {
    const known = { ...person, profile: { name: "Some Body" } }
    expect(updateClaims(loaded(known), known, claims)).toBeUndefined()
    expect(updateClaims(loaded(person), person, claims)?.user.profile).toEqual({ name: "Some Body" })
  })

  test("when its visitor never wrote, their session ends in the person, and their other tabs hear so", () => {
    const { put, append } = retireVisitor(
      loaded(undefined),
      { userId: "usr_v", into: "usr_a", mergeId: "merge" },
      NOW,
    )
    expect(put?.[0]?.value).toMatchObject({ mergeState: { kind: "merged", into: "usr_a" } })
    expect(append).toEqual([
      { to: "feed", userId: "usr_v", payload: { kind: "moved", into: "usr_a", reason: "sdkLogin" } },
    ])
  })
})

describe("[4.5] given a verified email that is reserved for another", () => {
  const reserved = { email: "a@b.example", externalId: "other", reservedAt: NOW }
  const other = (emailVerified: boolean): UserRecord => ({
    ...blankUser("usr_o", 1),
    profile: { email: "A@b.example", emailVerified },
  })

  test("it is taken while the other's login may still be on its way, and once they bear it", () => {
    expect(emailTaken(reserved, undefined, NOW + 59_000)).toBe(true)
    expect(emailTaken(reserved, other(true), NOW + 3_600_000)).toBe(true)
  })

  test("it is free where that login never ended, or the other never proved it", () => {
    expect(emailTaken(reserved, undefined, NOW + 3_600_000)).toBe(false)
    expect(emailTaken(reserved, other(false), NOW + 3_600_000)).toBe(false)
    const dayAhead = { ...reserved, reservedAt: NOW + 86_400_000 }
    expect(emailTaken(dayAhead, undefined, NOW), "reserved while the clock was ahead").toBe(false)
  })
})
