/** What single commands decide, given what was read: a conversation made, a ticket changed, two conversations joined, a profile. */
import { describe, expect, test } from "vitest"
import type { Versioned } from "../../src/domain/change-set.ts"
import { pageCursorOf, parsePageCursor } from "../../src/domain/cursor.ts"
import { movedBy, planMerge } from "../../src/domain/fold.ts"
import { joinChangeSet, planJoin } from "../../src/domain/join.ts"
import { createConversationChangeSet } from "../../src/domain/message.ts"
import type { UserRecord } from "../../src/domain/records.ts"
import { ticketUpdateChangeSet, updatedTicket } from "../../src/domain/ticket-update.ts"
import { blankUser, changeProfile, profileNews, userView } from "../../src/domain/user.ts"
import { METADATA_BYTES } from "../../src/protocol/scalars.ts"
import { DEFAULT_SETTINGS } from "../../src/protocol/settings.ts"
import { state, ticket } from "./sample-records.ts"

const NOW = 1_000
const owner = (more: Partial<UserRecord> = {}) => {
  const value = { ...blankUser("usr_guest", 1), ...more }
  const versioned: Versioned<"user"> = { kind: "user", id: value.id, version: 2, value }
  return { versioned, record: value }
}
const kinds = (puts: readonly { readonly kind: string; readonly id: string }[] | undefined) =>
  puts?.map(({ kind, id }) => `${kind} ${id}`)

describe("given a user, when they make a conversation", () => {
  const fresh = { conversationId: "con_new", ticketId: "tkt_new", formId: "msg_form" }
  const source = { channel: "web", deviceId: "phone" } as const
  const make = (user: ReturnType<typeof owner>, ask: boolean) =>
    createConversationChangeSet(
      user,
      fresh,
      NOW,
      { ...DEFAULT_SETTINGS.defaultResponder, enabled: ask },
      undefined,
      source,
    )

  test("the first is their default one, and both feeds are told", () => {
    const { view, changeSet } = make(owner(), false)
    expect(view).toMatchObject({ id: "con_new", isDefault: true, unreadCount: 0 })
    expect(kinds(changeSet.put)).toEqual(["user usr_guest", "conversation con_new"])
    expect(changeSet.append?.map(({ to }) => to)).toEqual(["feed", "agents"])
    expect(changeSet.rank?.map(({ of }) => of)).toEqual(["conversations", "devices"])
  })

  test("a later one is not, and the responder asks only whom it does not know", () => {
    expect(make(owner({ defaultConversation: "con_old" }), false).view.isDefault).toBe(false)
    const messages = (user: ReturnType<typeof owner>) =>
      make(user, true).changeSet.append?.filter(({ to }) => to === "messages").length
    expect([messages(owner()), messages(owner({ externalId: "somebody" }))]).toEqual([1, 0])
  })
})

describe("given a ticket, when an agent changes it", () => {
  const open = ticket("tkt_a", "open")
  const solved = ticket("tkt_a", "solved", { updatedAt: 6 })
  const before = state("con_a", 50, { ticket: open })

  test("solving it is news for the user, whose number of active tickets falls", () => {
    const update = updatedTicket(before, open, solved, undefined)
    expect(update).toMatchObject({ more: -1, lastActivityAt: 50, conversation: { ticket: solved } })
    const { put, append, heads } = ticketUpdateChangeSet(
      owner({ activeTickets: 3 }),
      before,
      update,
      false,
      true,
    )
    expect(put).toContainEqual(
      expect.objectContaining({ kind: "user", value: expect.objectContaining({ activeTickets: 2 }) }),
    )
    expect(append?.map(({ to }) => to)).toEqual(["agents", "feed"])
    expect(heads).toEqual([{ log: "con_a", n: 50 }])
    const busy = ticketUpdateChangeSet(owner({ activeTickets: 3 }), before, update, false, false)
    expect(busy).toEqual({ ...busy, put, append, heads: [] })
  })

  test("what looks the same to the user is told to agents alone", () => {
    const update = updatedTicket(before, open, ticket("tkt_a", "pending", { updatedAt: 6 }), undefined)
    const { put, append } = ticketUpdateChangeSet(owner({ activeTickets: 3 }), before, update, false, true)
    expect(append?.map(({ to }) => to)).toEqual(["agents"])
    expect(kinds(put)).toEqual(["conversation con_a"])
  })

  test("a past one keeps the time it was left with", () => {
    const earlier = { ...ticket("tkt_old", "solved"), lastActivityAt: 20 }
    const now = state("con_a", 50, { ticket: open, previousTickets: [earlier] })
    const update = updatedTicket(now, earlier, ticket("tkt_old", "closed", { updatedAt: 6 }), 20)
    expect(update).toMatchObject({ more: 0, lastActivityAt: 20, conversation: { ticket: open } })
  })
})

describe("given two conversations of a user, when an agent joins them", () => {
  const into = state("con_a", 50, { ticket: ticket("tkt_a", "open"), isDefault: false })
  const from = state("con_b", 20, { ticket: ticket("tkt_b", "open") })
  const joining = planJoin({ into, from }, 0, NOW)

  test("the ticket that goes is closed and names the one that stays", () => {
    expect(joining.move).toMatchObject({ closed: true, after: { status: "closed", mergedInto: "tkt_a" } })
  })

  test("the user's first conversation stays their default one, and the other id leads there", () => {
    const { put, remove } = joinChangeSet(
      owner({ defaultConversation: "con_b", activeTickets: 2 }),
      joining,
      0,
      false,
      true,
    )
    const values = new Map(put?.map(({ kind, id, value }) => [`${kind} ${id}`, value]))
    expect(values.get("user usr_guest")).toMatchObject({ defaultConversation: "con_a", activeTickets: 1 })
    expect(values.get("conversation con_a")).toMatchObject({ isDefault: true })
    expect(values.get("conversation con_b")).toMatchObject({ forwardedTo: { into: "con_a", partition: 0 } })
    expect(kinds(remove)).toEqual(["markers con_b"])
  })
})

test("given a plan of a merge, when the operator asks, it says how much goes along", () => {
  const folded = { log: "con_z", partition: 0, last: { at: 1, n: 4 }, messages: 4 }
  const conversations = [
    state("con_a", 5, { ticket: ticket("tkt_a", "open") }),
    state("con_b", 3, { segments: [folded] }),
  ]
  const target = {
    userId: "usr_b",
    partition: 0,
    target: undefined,
    hasDefault: false,
    earlier: new Map(),
    importedLogs: new Map(),
  }
  const plan = planMerge(conversations, 0, target, "multi", NOW)
  expect(movedBy(plan)).toEqual({ conversations: 2, messages: 12, tickets: 1 })
})

describe("given a profile, when its user changes it", () => {
  const proven = owner({ profile: { email: "a@b.example", emailVerified: true } })

  test("what is typed is unverified, and names of metadata are kept beside new ones", () => {
    const { user, changeSet } = changeProfile(
      ...both(owner({ metadata: { a: 1 } })),
      { email: "x@y.example", metadata: { b: 2 } },
      NOW,
    )
    expect(user).toMatchObject({
      profile: { email: "x@y.example", emailVerified: false },
      metadata: { a: 1, b: 2 },
    })
    expect(changeSet.append?.map(({ to }) => to)).toEqual(["feed", "agents"])
  })

  test("[4.5] a verified email is not replaced, but may be repeated", () => {
    expect(() => changeProfile(...both(proven), { email: "x@y.example" }, NOW)).toThrow(/verified/)
    expect(changeProfile(...both(proven), { email: "A@b.example" }, NOW).user.profile).toEqual(
      proven.record.profile,
    )
  })

  test("metadata has a bound, with what was there before", () => {
    const full = owner({ metadata: { a: "x".repeat(METADATA_BYTES - 20) } })
    expect(() => changeProfile(...both(full), { metadata: { b: "y".repeat(20) } }, NOW)).toThrow(/metadata/)
  })

  test("agents are told of what follows soon only once it is over, and always of the last change", () => {
    const received = changeProfile(...both(owner({})), { name: "Ann" }, NOW)
    expect(received.changeSet.rank).toEqual([])
    const soon = changeProfile(...both(owner(received.user)), { name: "Anna" }, NOW + 1_999)
    expect(soon.changeSet.append?.map(({ to }) => to)).toEqual(["feed"])
    expect(soon.changeSet.rank).toMatchObject([{ of: "untold", score: "now" }])
    const late = owner(soon.user)
    const news = profileNews(late.versioned, late.record.id, NOW + 2_001)
    expect(news.append).toMatchObject([
      { to: "agents", payload: { event: { data: { user: userView(soon.user) } } } },
    ])
    expect(news.rank).toMatchObject([{ of: "untold", score: "out" }])
    const again = changeProfile(...both(late), { name: "Annie" }, NOW + 2_000)
    expect(again.changeSet.append).toHaveLength(2)
    const done = owner(again.user)
    expect(profileNews(done.versioned, done.record.id, NOW + 9_000)).not.toHaveProperty("put")
  })
})

const both = ({ versioned, record }: ReturnType<typeof owner>) => [versioned, record] as const

test("given a page's end, when the next page is asked for, it begins there", () => {
  const end = { score: 1_700_000_000_000, member: "con_00abc" }
  expect(parsePageCursor(pageCursorOf(end))).toEqual(end)
  for (const foreign of ["", "1", "1~", "~a", "-1~a", "1~a b", "12345678901234567~a"])
    expect(() => parsePageCursor(foreign)).toThrow(/next/)
})
