/** Where the conversations of a discarded user end up, and what two tickets become as one (docs/protocol.md 4.2, 5). */
import { describe, expect, test } from "vitest"
import { foldInto, type MergeTarget, planMerge, unchanged } from "../../src/domain/fold.ts"
import { isActive } from "../../src/domain/ticket.ts"
import { ticketStatus } from "../../src/protocol/model.ts"
import { state, ticket } from "./sample-records.ts"

const NOW = 100
const HERE = 2
const THERE = 5

const survivor = (more: Partial<MergeTarget> = {}): MergeTarget => ({
  userId: "usr_ada",
  partition: HERE,
  target: state("con_x", 3, { userId: "usr_ada" }),
  hasDefault: true,
  earlier: new Map(),
  importedLogs: new Map(),
  ...more,
})
const NEWCOMER = survivor({ target: undefined, hasDefault: false })
const guests = [state("con_a", 1), state("con_b", 9, { isDefault: false })]

describe("single mode", () => {
  test("[P3] everything is folded into the survivor's conversation, the latest first", () => {
    const { pairs, updated, outcomes } = planMerge(guests, HERE, survivor(), "single", NOW)
    expect(pairs).toEqual([
      { surviving: "con_x", discarded: "con_b" },
      { surviving: "con_x", discarded: "con_a" },
    ])
    expect(outcomes.map(({ ends }) => ends)).toEqual(["folded", "folded"])
    expect(updated).toHaveLength(1)
    expect(updated[0]?.record).toMatchObject({ id: "con_x" })
    expect(updated[0]?.record.segments.map(({ log }) => log)).toEqual(["con_b", "con_a"])
  })

  test("[P3] read stays read and unread stays unread: markers are kept, counts add up", () => {
    const [one] = planMerge(guests, HERE, survivor(), "single", NOW).updated
    expect([one?.reading.user.unread, one?.reading.business.unread]).toEqual([13, 26])
    expect(one?.markers.user).toEqual({ con_x: "read con_x", con_b: "read con_b", con_a: "read con_a" })
    expect(one?.lastActivityAt).toBe(9)
  })

  test("a survivor without a conversation gets the latest one, and the others in it", () => {
    const { pairs, outcomes, updated } = planMerge(guests, HERE, NEWCOMER, "single", NOW)
    expect(pairs).toEqual([{ surviving: "con_b", discarded: "con_a" }])
    expect(outcomes.map(({ ends }) => ends)).toEqual(["moved", "folded"])
    expect(updated[0]?.record).toMatchObject({ id: "con_b", userId: "usr_ada" })
  })

  test("messages to come stand after all that was folded; an empty log leaves no mark", () => {
    const [one] = planMerge([...guests, state("con_c", 0)], HERE, survivor(), "single", NOW).updated
    expect(one?.appends).toEqual([
      { to: "messages", log: "con_x", floor: 10, payload: { kind: "fold", log: "con_b", partition: HERE } },
      { to: "messages", log: "con_x", floor: 2, payload: { kind: "fold", log: "con_a", partition: HERE } },
    ])
  })
})

test("[P1] a history that comes again, longer, leaves out what it left out before, and what it leaves out now", () => {
  const before = { log: "con_a", partition: THERE, last: { at: 3, n: 3 }, messages: 3, leftOut: [2] }
  const into = unchanged(state("con_x", 5, { userId: "usr_ada", segments: [before] }))
  const segmentsAfter = (leftOut?: number[]) =>
    foldInto(into, state("con_a", 9, leftOut ? { leftOut } : {}), THERE, NOW).record.segments
  expect(segmentsAfter([2, 7])).toMatchObject([{ log: "con_a", last: { n: 9 }, leftOut: [2, 7] }])
  expect(segmentsAfter()).toMatchObject([{ log: "con_a", last: { n: 9 }, leftOut: [2] }])
})

describe("multi mode", () => {
  test("every conversation moves unchanged and keeps its id; only the owner is another", () => {
    const { pairs, updated } = planMerge(guests, HERE, survivor(), "multi", NOW)
    expect(pairs).toEqual([])
    expect(updated.map(({ record }) => record)).toEqual([
      { ...guests[1]?.record, userId: "usr_ada", isDefault: false },
      { ...guests[0]?.record, userId: "usr_ada", isDefault: false },
    ])
    expect(updated.flatMap(({ appends }) => appends)).toEqual([])
  })

  test("a survivor who has none keeps the guest's default conversation as their own", () => {
    const { updated } = planMerge(guests, HERE, NEWCOMER, "multi", NOW)
    expect(updated.filter(({ record }) => record.isDefault).map(({ record }) => record.id)).toEqual(["con_a"])
  })

  test("in another partition it goes on in a new log, where the old one counts as lying in it", () => {
    const [one] = planMerge([state("con_b", 9)], THERE, survivor(), "multi", NOW).updated
    expect(one?.record).toMatchObject({ id: "con_b", log: "con_b.1" })
    expect(one?.record.segments).toEqual([
      { log: "con_b", partition: THERE, last: { at: 9, n: 9 }, messages: 9 },
    ])
    expect(one?.appends).toMatchObject([{ log: "con_b.1", floor: 10 }])
    const again =
      one &&
      planMerge(
        [{ ...state("con_b", 9), record: one.record }],
        HERE,
        survivor({ partition: 0 }),
        "multi",
        NOW,
      )
    expect(again?.updated[0]?.record.log).toBe("con_b.2")
  })
})

describe("tickets", () => {
  const statuses = [undefined, ...ticketStatus.options]
  const pairs = statuses.flatMap((mine) => statuses.map((theirs) => ({ mine, theirs })))

  test.each(pairs)("mine $mine, theirs $theirs", ({ mine, theirs }) => {
    const own = mine && ticket("tkt_mine", mine)
    const importedSegments = theirs && ticket("tkt_theirs", theirs)
    const into = state("con_x", 3, { ...(own && { ticket: own }) })
    const from = state("con_a", 4, { ...(importedSegments && { ticket: importedSegments }) })
    const { ticket: kept, previousTickets = [] } = foldInto(unchanged(into), from, HERE, NOW).record
    const all = [...(kept ? [kept] : []), ...previousTickets]
    const ids = [own, importedSegments].flatMap((one) => (one ? [one.id] : []))
    expect(all.map(({ id }) => id).sort(), "none is lost").toEqual(ids)
    expect(all.filter(isActive).length, "one is active at most").toBeLessThanOrEqual(1)
    const [a, b] = [
      own !== undefined && isActive(own),
      importedSegments !== undefined && isActive(importedSegments),
    ]
    if (a && b) {
      const closed = {
        ...importedSegments,
        status: "closed",
        mergedInto: "tkt_mine",
        updatedAt: NOW,
        lastActivityAt: 4,
      }
      expect([kept, previousTickets]).toEqual([own, [closed]])
    } else if (a || !importedSegments) expect(kept).toEqual(own)
    else if (b || !own) expect(kept).toEqual(importedSegments)
    else expect([kept, previousTickets]).toEqual([own, [{ ...importedSegments, lastActivityAt: 4 }]])
  })

  test("agents are told of every ticket that came, before and after", () => {
    const target = state("con_x", 3, { ticket: ticket("tkt_x", "open") })
    const from = [state("con_a", 1, { ticket: ticket("tkt_a", "pending") }), state("con_b", 9)]
    const { tickets } = planMerge(from, HERE, survivor({ target }), "single", NOW)
    expect(tickets).toMatchObject([
      {
        before: { id: "tkt_a", status: "pending" },
        after: { id: "tkt_a", status: "closed", mergedInto: "tkt_x" },
      },
    ])
    expect(tickets[0]?.home.id).toBe("con_x")
  })
})
