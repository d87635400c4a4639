/** The check mark (docs/protocol.md 5): who ranks first, by latest activity, then by the later of created and updated. */

import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  afterMove,
  badgeChanges,
  badgedTickets,
  MAX_BADGES,
  needsRanking,
  RANKING_HEAD,
} from "../../src/domain/badge.ts"
import type { Ranked } from "../../src/domain/ranked.ts"
import { activeMember } from "../../src/domain/ticket.ts"

const ranked = (k: number, score: number, updatedAt = 0): Ranked => ({
  member: activeMember({ id: `tkt_${k}`, updatedAt }),
  score,
})
const member = (k: number): string => ranked(k, 0).member

/** `count` tickets, ticket 0 first; what a decision sees of them is their head. */
const order = (count: number): Ranked[] => Array.from({ length: count }, (_, k) => ranked(k, 1_000 - k))
const head = (count: number): Ranked[] => order(count).slice(0, RANKING_HEAD)

test("up to 100 no user need be looked at, from 101 on the first 100 are marked", () => {
  expect([needsRanking(MAX_BADGES), needsRanking(MAX_BADGES + 1)]).toEqual([false, true])
  const bearing = badgedTickets(head(150))
  expect([bearing.size, bearing.has("tkt_99"), bearing.has("tkt_100")]).toEqual([MAX_BADGES, true, false])
})

/** What agents were told of before a change, against the order after it. */
const received = (before: readonly Ranked[], after: readonly Ranked[]) =>
  badgeChanges([...badgedTickets(before)], after)

describe("given 150 active tickets", () => {
  const before = head(150)
  const moved = (change: Parameters<typeof afterMove>[1]) => received(before, afterMove(before, change))
  const now = (k: number) => ({ leaves: member(k), enters: { member: member(k), score: "now" as const } })

  test("activity on a marked one changes no mark", () => {
    expect(moved(now(0))).toEqual([])
    expect(moved(now(99))).toEqual([])
  })

  test.each([100, 101, 149])("activity on unmarked ticket %i takes the mark of the last one", (k) => {
    expect(moved(now(k))).toEqual([
      { ticketId: "tkt_99", authenticated: false },
      { ticketId: `tkt_${k}`, authenticated: true },
    ])
  })

  test("a new one takes the mark of the last, one that goes leaves it to the next", () => {
    expect(moved({ enters: { member: member(500), score: "now" } })).toEqual([
      { ticketId: "tkt_99", authenticated: false },
      { ticketId: "tkt_500", authenticated: true },
    ])
    expect(moved({ leaves: member(3) })).toEqual([
      { ticketId: "tkt_3", authenticated: false },
      { ticketId: "tkt_100", authenticated: true },
    ])
    expect(moved({ leaves: member(120) })).toEqual([])
  })
})

describe("ties", () => {
  const equal = Array.from({ length: 101 }, (_, k) => ranked(k, 7, 500 - k))

  test("among equally active ones the latest updated are marked", () => {
    expect(badgedTickets(equal).has("tkt_100")).toBe(false)
    const updated = ranked(100, 7, 900)
    const change = { leaves: ranked(100, 7, 400).member, enters: { member: updated.member, score: 7 } }
    expect(received(equal, afterMove(equal, change))).toEqual([
      { ticketId: "tkt_99", authenticated: false },
      { ticketId: "tkt_100", authenticated: true },
    ])
  })

  test("activity counts before any update", () => {
    const busy = { member: ranked(100, 0, 1).member, score: 8 }
    const change = { leaves: ranked(100, 7, 400).member, enters: busy }
    expect(afterMove(equal, change)[0]).toEqual(busy)
  })
})

test("the head is enough: a decision on it is a decision on all", () => {
  const change = fc.record({ k: fc.nat(160), how: fc.constantFrom("moves", "leaves", "enters") })
  fc.assert(
    fc.property(fc.integer({ min: 90, max: 150 }), change, (count, { k, how }) => {
      const leaves = how === "enters" ? {} : { leaves: member(k % count) }
      const enters = { enters: { member: member(how === "enters" ? 500 : k % count), score: "now" as const } }
      const it = { ...leaves, ...(how !== "leaves" && enters) }
      const whole = received(order(count), afterMove(order(count), it))
      expect(received(head(count), afterMove(head(count), it))).toEqual(whole)
      expect(whole.filter(({ authenticated }) => authenticated).length).toBeLessThanOrEqual(1)
    }),
  )
})
