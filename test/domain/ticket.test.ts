/** The life of a ticket (docs/protocol.md 5), every status with everything that can happen to it. */
import { describe, expect, test } from "vitest"
import {
  type AuthorType,
  activeMember,
  afterMessage,
  applyTicketCommand,
  conversationStatus,
  isActive,
  rankingChanges,
  ticketOfMember,
  ticketView,
  withTicket,
} from "../../src/domain/ticket.ts"
import { type TicketStatus, ticketStatus } from "../../src/protocol/model.ts"
import { record, ticket } from "./sample-records.ts"

const NOW = 100
const ALL: readonly TicketStatus[] = ticketStatus.options

test("the first message of a user makes a new ticket; an agent's or a bot's does not", () => {
  expect(afterMessage(undefined, "user", "tkt_a", NOW)).toEqual({
    id: "tkt_a",
    status: "new",
    createdAt: NOW,
    updatedAt: NOW,
  })
  for (const by of ["agent", "bot", "system"] as const)
    expect(afterMessage(undefined, by, "tkt_a", NOW)).toBeUndefined()
})

describe("given a ticket, when a message comes", () => {
  const table: Readonly<Record<TicketStatus, Readonly<Record<"user" | "agent", TicketStatus>>>> = {
    new: { user: "new", agent: "open" },
    open: { user: "open", agent: "open" },
    pending: { user: "open", agent: "pending" },
    hold: { user: "open", agent: "hold" },
    solved: { user: "open", agent: "solved" },
    closed: { user: "new", agent: "closed" },
  }
  const rows = ALL.flatMap((status) => [
    { status, by: "user" as AuthorType, becomes: table[status].user },
    { status, by: "agent" as AuthorType, becomes: table[status].agent },
    { status, by: "bot" as AuthorType, becomes: status },
    { status, by: "system" as AuthorType, becomes: status },
  ])
  test.each(rows)("$status, by the $by: $becomes", ({ status, by, becomes: then }) => {
    const before = ticket("tkt_a", status)
    const after = afterMessage(before, by, "tkt_fresh", NOW)
    expect(after?.status).toBe(then)
    const fresh = status === "closed" && by === "user"
    expect(after?.id).toBe(fresh ? "tkt_fresh" : "tkt_a")
    if (then === status) expect(after).toBe(before)
    else expect(after?.updatedAt).toBe(NOW)
  })
})

describe("given a ticket, when an agent orders", () => {
  const rows = ALL.flatMap((from) => ALL.map((to) => ({ from, to })))
  test.each(rows)("$from to $to", ({ from, to }) => {
    const before = ticket("tkt_a", from)
    const order = () => applyTicketCommand(before, { status: to }, NOW)
    if (to === "new") expect(order).toThrow(expect.objectContaining({ code: "bad_request" }))
    else if (from === to) expect(order()).toBe(before)
    else if (from === "closed") expect(order).toThrow(expect.objectContaining({ code: "conflict" }))
    else expect(order()).toEqual({ ...before, status: to, updatedAt: NOW })
  })

  test.each(ALL)("an assignee for a %s one: only new becomes open, closed is final", (from) => {
    const order = () => applyTicketCommand(ticket("tkt_a", from), { assigneeId: "ann" }, NOW)
    if (from === "closed") expect(order).toThrow(expect.objectContaining({ code: "conflict" }))
    else expect(order()).toMatchObject({ status: from === "new" ? "open" : from, assigneeId: "ann" })
  })

  test("an assigneeId of null removes the assignee, none keeps them, and neither changes the status", () => {
    const before = ticket("tkt_a", "pending", { assigneeId: "ann" })
    expect(applyTicketCommand(before, { assigneeId: null }, NOW)).toEqual({
      ...ticket("tkt_a", "pending"),
      updatedAt: NOW,
    })
    expect(applyTicketCommand(before, { status: "hold" }, NOW)).toMatchObject({
      status: "hold",
      assigneeId: "ann",
    })
    expect(applyTicketCommand(before, { assigneeId: "ann" }, NOW)).toBe(before)
    expect(applyTicketCommand(ticket("tkt_a", "new"), { assigneeId: null }, NOW).status).toBe("new")
  })

  test("updatedAt names a state: it rises with every change, also when the clock stands", () => {
    const late = ticket("tkt_a", "open", { updatedAt: NOW + 7 })
    expect(applyTicketCommand(late, { status: "hold" }, NOW).updatedAt).toBe(NOW + 8)
  })
})

test("a new ticket takes the place of a closed one, which stays on record; a changed one keeps its place", () => {
  const closed = ticket("tkt_a", "closed")
  const fresh = ticket("tkt_b", "new")
  const both = withTicket({ ticket: closed }, fresh, NOW)
  expect(both).toEqual({ ticket: fresh, previousTickets: [{ ...closed, lastActivityAt: 5 }] })
  const changed = ticket("tkt_b", "open")
  expect(withTicket(both, changed, NOW)).toEqual({ ...both, ticket: changed })
})

test("active is all but solved and closed, and users see no more than that", () => {
  expect(ALL.filter((status) => isActive({ status }))).toEqual(["new", "open", "pending", "hold"])
  const seen = ALL.map((status) => conversationStatus(ticket("tkt_a", status)))
  expect(seen).toEqual(["open", "open", "open", "open", "solved", "closed"])
  expect(conversationStatus(undefined)).toBe("open")
})

test("agents see whose a ticket is and where it stands; what is not set is not there", () => {
  const view = ticketView(ticket("tkt_a", "open"), record("con_a"), true, 9)
  expect(view).toEqual({
    ...{ id: "tkt_a", conversationId: "con_a", userId: "usr_guest", status: "open" },
    ...{ authenticated: true, createdAt: 1, updatedAt: 5, lastActivityAt: 9 },
  })
})

describe("rankings", () => {
  const named = (changes: ReturnType<typeof rankingChanges>) =>
    changes.map(({ of, name, score }) => `${of} ${name} ${score}`).sort()

  test("a ticket enters three of them, leaves them, and a solved one is not among the active", () => {
    const open = ticket("tkt_a", "open", { assigneeId: "ann" })
    expect(named(rankingChanges("usr_a", undefined, open, 7))).toEqual([
      "active usr_a 7",
      "assignee open:ann 7",
      "status open 7",
    ])
    expect(named(rankingChanges("usr_a", ticket("tkt_a", "solved"), undefined, 7))).toEqual([
      "assignee solved out",
      "status solved out",
    ])
  })

  test("a change leaves the old places; what did not change is only moved", () => {
    const before = ticket("tkt_a", "open")
    const after = ticket("tkt_a", "solved", { updatedAt: 6 })
    expect(named(rankingChanges("usr_a", before, after, "now"))).toEqual([
      ...[
        "active usr_a out",
        "assignee open out",
        "assignee solved now",
        "status open out",
        "status solved now",
      ],
      "unread  out",
    ])
    expect(named(rankingChanges("usr_a", before, before, "now"))).toEqual([
      ...["active usr_a now", "assignee open now", "status open now"],
    ])
  })

  test("a member names its ticket, the later updated the greater", () => {
    const [early, late] = [9, 16].map((updatedAt) => activeMember({ id: "tkt_a", updatedAt }))
    expect(ticketOfMember(early ?? "")).toBe("tkt_a")
    expect(early && late && early < late).toBe(true)
  })
})
