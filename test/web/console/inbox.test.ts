import { describe, expect, test } from "vitest"
import { shownRows } from "../../../src/web/console/agent-client/inbox-state.ts"
import { inbox, listed, message, type Scene, ticket } from "./console-scene.ts"

const shown = ({ state }: Scene): string[] => shownRows(state, state.filter).map((row) => row.ticket.id)

const said = (scene: Scene, n: number, of: number) =>
  scene.event("conversation:message", {
    userId: `usr_${of}`,
    conversationId: `con_${of}`,
    ticketId: `tkt_${of}`,
    message: message(n, of),
  })

describe("the inbox", () => {
  test("unread tickets go first, then the latest activity", () => {
    const scene = inbox(listed(3), listed(2), listed(1, { unreadCount: 2 }))
    expect(shown(scene)).toEqual(["tkt_1", "tkt_3", "tkt_2"])
  })

  test("a message brings its ticket to the top, unread", () => {
    const scene = inbox()
    expect(shown(scene)).toEqual(["tkt_3", "tkt_2", "tkt_1"])
    scene.applyMessage(said(scene, 10, 2))
    expect(shown(scene)).toEqual(["tkt_2", "tkt_3", "tkt_1"])
    expect(scene.state.rows.get("tkt_2")).toMatchObject({ unread: 1, lastMessage: { id: "msg_10" } })
  })

  test("what a colleague has read is read, and their answer reads what stood before it", () => {
    const scene = inbox()
    scene.applyMessage(said(scene, 10, 2), said(scene, 11, 2))
    expect(scene.state.rows.get("tkt_2")?.unread).toBe(2)
    const read = { userId: "usr_2", conversationId: "con_2", ticketId: "tkt_2" }
    scene.applyMessage(
      scene.event("conversation:read", { ...read, reader: "business", position: message(11, 2).position }),
    )
    expect(scene.state.rows.get("tkt_2")?.unread).toBe(0)
    scene.applyMessage(said(scene, 12, 2))
    const answer = message(13, 2, { author: { type: "agent", id: "ben", name: "Ben" } })
    scene.applyMessage(scene.event("conversation:message", { ...read, message: answer }))
    expect(scene.state.rows.get("tkt_2")?.unread).toBe(0)
  })

  test("a ticket that is not known is fetched with the first page, once for many", () => {
    const scene = inbox()
    scene.applyMessage(said(scene, 10, 8), said(scene, 11, 9))
    expect(scene.asked("ticket:list")).toEqual([])
    scene.due("refresh")
    expect(scene.asked("ticket:list")).toHaveLength(1)
    scene.applyMessage(said(scene, 12, 7))
    scene.answer("ticket:list", { tickets: [listed(9, { unreadCount: 1 }), listed(8, { unreadCount: 1 })] })
    expect(shown(scene)).toEqual(["tkt_9", "tkt_8", "tkt_3", "tkt_2", "tkt_1"])
    // What came while it was asked is asked for after it.
    scene.due("refresh")
    expect(scene.asked("ticket:list")).toHaveLength(1)
  })

  test("pages follow one another to the end, and no row shows below the part that was fetched", () => {
    const scene = inbox()
    scene.happen({ type: "filter", filter: { assignee: "none", status: "active" } })
    scene.answer("ticket:list", { tickets: [] })
    scene.answer("ticket:list", { tickets: [listed(30), listed(29)], next: "29" })
    // The tickets of the other filter are older than what was fetched of this one.
    expect(shown(scene)).toEqual(["tkt_30", "tkt_29"])
    scene.happen({ type: "more" }).happen({ type: "more" })
    expect(scene.asked("ticket:list").map(({ body }) => body.before)).toEqual(["29"])
    scene.answer("ticket:list", { tickets: [listed(20)] })
    expect(shown(scene)).toEqual(["tkt_30", "tkt_29", "tkt_20", "tkt_3", "tkt_2", "tkt_1"])
    scene.happen({ type: "more" })
    expect(scene.asked("ticket:list")).toEqual([])
  })

  test("all unread tickets of a filter are fetched, however old", () => {
    const scene = inbox()
    scene.happen({ type: "filter", filter: { assignee: "none", status: "active" } })
    scene.answer("ticket:list", { tickets: [listed(5, { unreadCount: 1 })], next: "5" })
    scene.answer("ticket:list", { tickets: [listed(30)], next: "30" })
    expect(scene.asked("ticket:list").map(({ body }) => [body.unread, body.before])).toEqual([[true, "5"]])
    scene.answer("ticket:list", { tickets: [listed(2, { unreadCount: 4 })] })
    expect(shown(scene)).toEqual(["tkt_5", "tkt_2", "tkt_30"])
  })

  test("a ticket that is older than what was fetched stays where it is while it is read", () => {
    const scene = inbox()
    scene.happen({ type: "filter", filter: { assignee: "none", status: "active" } })
    scene.answer("ticket:list", { tickets: [listed(2, { unreadCount: 4, lastMessage: message(2, 2) })] })
    scene.answer("ticket:list", { tickets: [listed(30)], next: "30" })
    scene.happen({ type: "open", ticketId: "tkt_2" })
    const read = { userId: "usr_2", conversationId: "con_2", reader: "business" as const }
    scene.applyMessage(scene.event("conversation:read", { ...read, position: message(2, 2).position }))
    expect(scene.state.rows.get("tkt_2")?.unread).toBe(0)
    expect(shown(scene)).toEqual(["tkt_2", "tkt_30"])
  })

  test("a ticket leaves a filter when it is solved, and comes when it is taken", () => {
    const scene = inbox()
    const update = (n: number, more: Parameters<typeof ticket>[1]) =>
      scene.event("ticket:update", {
        userId: `usr_${n}`,
        conversationId: `con_${n}`,
        ticketId: `tkt_${n}`,
        ticket: ticket(n, { updatedAt: 50, ...more }),
      })
    scene.applyMessage(update(3, { status: "solved" }), update(2, { assigneeId: "ada" }))
    expect(shown(scene)).toEqual(["tkt_2", "tkt_1"])
    scene.happen({ type: "filter", filter: { assignee: "me", status: "active" } })
    scene.answer("ticket:list", { tickets: [] })
    scene.answer("ticket:list", { tickets: [listed(2, { assigneeId: "ada", updatedAt: 50 })] })
    expect(shown(scene)).toEqual(["tkt_2"])
    scene.applyMessage(update(1, { assigneeId: "ada" }), update(2, { updatedAt: 51 }))
    expect(shown(scene)).toEqual(["tkt_1"])
  })

  test("counts are the hub's, and asked for again when tickets move", () => {
    const scene = inbox()
    scene.applyMessage(said(scene, 10, 2), said(scene, 11, 2))
    scene.due("recount")
    expect(scene.asked("ticket:count")).toHaveLength(1)
    const counts = { new: 1, open: 2, pending: 3, hold: 4, mine: 5, unassigned: 6, unread: 7 }
    scene.answer("ticket:count", { counts })
    expect(scene.state.counts).toEqual(counts)
  })

  test("a new message makes a sound for this agent's tickets and for unassigned ones", () => {
    const scene = inbox(listed(3, { assigneeId: "ben" }), listed(2, { assigneeId: "ada" }), listed(1))
    scene.applyMessage(said(scene, 10, 3), said(scene, 11, 2), said(scene, 12, 1))
    const alerts = scene.effects.flatMap((effect) => (effect.type === "alert" ? [effect.ticketId] : []))
    expect(alerts).toEqual(["tkt_2", "tkt_1"])
  })
})
