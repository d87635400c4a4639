import { describe, expect, test } from "vitest"
import { otherActive } from "../../../src/web/console/agent-client/inbox-state.ts"
import {
  conversation,
  inbox,
  listed,
  message,
  opened,
  type Scene,
  shownTexts,
  ticket,
} from "./console-scene.ts"

const write = (scene: Scene, text: string, internal = false): Scene =>
  scene
    .happen({ type: "draft", conversationId: "con_1", text, internal })
    .happen({ type: "send", localId: text })

const stored = (n: number, text: string) =>
  message(n, 1, { author: { type: "agent", id: "ada" }, localId: text, content: { type: "text", text } })

describe("what the agent writes", () => {
  test("is shown at once, taken out by the acknowledgement, and stands once whichever comes first", () => {
    const scene = write(opened(inbox(), message(1, 1)), "hello")
    expect(scene.state.outbox.map(({ state }) => state)).toEqual(["sending"])
    expect(scene.state.drafts.size).toBe(0)
    expect(scene.asked("message:send")[0]?.body).toMatchObject({ ifHead: message(1, 1).position })
    scene.applyMessage(
      scene.event("conversation:message", {
        conversationId: "con_1",
        ticketId: "tkt_1",
        message: stored(2, "hello"),
      }),
    )
    scene.answer("message:send", { message: stored(2, "hello"), duplicate: false })
    expect(scene.state.outbox).toEqual([])
    expect(shownTexts(scene)).toEqual(["words 1", "hello"])
  })

  test("is sent again under its own name when the connection is back", () => {
    const scene = write(opened(inbox(), message(1, 1)), "hello")
    scene.happen({ type: "lost" })
    write(scene, "while away")
    expect(scene.state.outbox.map(({ state }) => state)).toEqual(["sending", "sending"])
    scene.forget().ready({ resumed: true, events: [] })
    expect(scene.asked("message:send").map(({ body }) => body.localId)).toEqual(["hello", "while away"])
  })

  test("is held back when the person wrote meanwhile, and sent in the face of it on demand", () => {
    const scene = write(opened(inbox(), message(1, 1)), "hello")
    scene.applyMessage(
      scene.event("conversation:message", {
        conversationId: "con_1",
        ticketId: "tkt_1",
        message: message(2, 1),
      }),
    )
    scene.refuse("message:send", { code: "conflict" })
    expect(scene.state.outbox).toMatchObject([{ state: "overtaken", text: "hello" }])
    scene.happen({ type: "resend", localId: "hello" })
    expect(scene.asked("message:send")[0]?.body).toMatchObject({
      localId: "hello",
      ifHead: message(2, 1).position,
    })
  })

  test("goes back to where it was written when it is given up", () => {
    const scene = write(opened(inbox(), message(1, 1)), "hello")
    scene.refuse("message:send", { code: "conversation_locked" })
    expect(scene.state.outbox).toMatchObject([{ state: "failed", error: { code: "conversation_locked" } }])
    scene.happen({ type: "discard", localId: "hello" })
    expect(scene.state.outbox).toEqual([])
    expect(scene.state.drafts.get("con_1")).toEqual({ text: "hello", internal: false })
  })

  test("a note is no answer: no message overtakes it, and it marks nothing as read", () => {
    const scene = opened(inbox(), message(1, 1))
    scene.applyMessage(
      scene.event("conversation:message", {
        conversationId: "con_1",
        ticketId: "tkt_1",
        message: message(2, 1),
      }),
    )
    write(scene, "careful", true)
    expect(scene.asked("message:send")[0]?.body).toEqual({
      conversationId: "con_1",
      localId: "careful",
      content: { type: "text", text: "careful" },
      internal: true,
    })
    scene.answer("message:send", { message: { ...stored(3, "careful"), internal: true }, duplicate: false })
    expect(scene.state.rows.get("tkt_1")?.unread).toBeGreaterThan(0)
  })

  test("nothing is sent where nothing was written", () => {
    const scene = write(opened(inbox(), message(1, 1)), "   ")
    expect(scene.asked("message:send")).toEqual([])
  })
})

describe("what the agent does with a ticket", () => {
  test("take it: the change names the state it was decided on", () => {
    const scene = opened(inbox())
    scene.happen({ type: "change", ticketId: "tkt_1", change: { assigneeId: "ada" } })
    expect(scene.asked("ticket:update")[0]?.body).toEqual({
      ticketId: "tkt_1",
      assigneeId: "ada",
      ifUpdatedAt: 1,
    })
    scene.answer("ticket:update", { ticket: ticket(1, { assigneeId: "ada", updatedAt: 5 }) })
    expect(scene.state.rows.get("tkt_1")?.ticket.assigneeId).toBe("ada")
    expect(scene.state.changing.size).toBe(0)
  })

  test("a colleague was faster: the agent is told what it was, what it is now, and what they wanted", () => {
    const scene = opened(inbox())
    scene.happen({ type: "change", ticketId: "tkt_1", change: { assigneeId: "ada" } })
    const taken = ticket(1, { assigneeId: "ben", updatedAt: 7 })
    scene.applyMessage(
      scene.event("ticket:update", { conversationId: "con_1", ticketId: "tkt_1", ticket: taken }),
    )
    scene.refuse("ticket:update", { code: "conflict" })
    const [notice] = scene.state.notices
    expect(notice).toMatchObject({
      ticketId: "tkt_1",
      body: { kind: "ticketOvertaken", wanted: { assigneeId: "ada" }, before: ticket(1), now: taken },
    })
    scene.happen({ type: "insist", noticeId: notice?.id ?? 0 })
    expect(scene.asked("ticket:update")[0]?.body).toEqual({ ticketId: "tkt_1", assigneeId: "ada" })
    expect(scene.state.notices).toEqual([])
  })

  test("a refusal that comes before the news of the colleague: the notice says the news when it is there", () => {
    const scene = opened(inbox())
    scene.happen({ type: "change", ticketId: "tkt_1", change: { status: "solved" } })
    scene.refuse("ticket:update", { code: "conflict" })
    const now = ticket(1, { status: "pending", updatedAt: 7 })
    scene.answer("ticket:get", {
      ticket: now,
      user: listed(1).user,
      conversation: conversation(1),
      messages: [],
    })
    expect(scene.state.notices[0]?.body).toMatchObject({
      before: { status: "open" },
      now: { status: "pending" },
    })
  })

  test("duplicates after a late sign-in: the person's other active tickets are offered and joined", () => {
    const scene = opened(inbox(listed(2, { userId: "usr_1" }), listed(1)))
    expect(otherActive(scene.state, "tkt_1", "usr_1").map(({ ticket: { id } }) => id)).toEqual(["tkt_2"])
    scene.happen({ type: "join", survivingTicketId: "tkt_1", discardedTicketId: "tkt_2" })
    expect(scene.asked("conversation:join")[0]?.body).toEqual({ survivingId: "con_1", discardedId: "con_2" })
    const gone = ticket(2, {
      userId: "usr_1",
      conversationId: "con_1",
      status: "closed",
      mergedInto: "tkt_1",
      updatedAt: 8,
    })
    scene.applyMessage(
      scene.event("conversation:merge", {
        conversationId: "con_1",
        mergedConversations: [{ surviving: "con_1", discarded: "con_2" }],
        conversations: [conversation(1, { messages: [message(1, 1)] })],
      }),
      scene.event("ticket:update", { conversationId: "con_1", ticketId: "tkt_2", ticket: gone }),
    )
    scene.answer("conversation:join", { conversation: conversation(1) })
    expect(otherActive(scene.state, "tkt_1", "usr_1")).toEqual([])
    expect(shownTexts(scene)).toEqual(["words 1"])
    expect(scene.state.changing.size).toBe(0)
  })

  test("a join that is refused is told", () => {
    const scene = opened(inbox(listed(2, { userId: "usr_1" }), listed(1)))
    scene.happen({ type: "join", survivingTicketId: "tkt_1", discardedTicketId: "tkt_2" })
    scene.refuse("conversation:join", { code: "bad_request" })
    expect(scene.state.changing.size).toBe(0)
    expect(scene.state.notices[0]?.body).toMatchObject({ kind: "refused", what: "conversation:join" })
  })
})

describe("searching for a user", () => {
  const found = (n: number) => ({ found: [{ user: listed(n).user, ticket: ticket(n) }], more: false })

  test("answers to words that were changed meanwhile are not shown for the new ones", () => {
    const scene = inbox()
    scene.happen({ type: "search", query: "mi" }).happen({ type: "search", query: "mira " })
    expect(scene.asked("user:search").map(({ body }) => body.query)).toEqual(["mi", "mira"])
    scene.answer("user:search", found(1))
    expect(scene.state.search).toMatchObject({ query: "mira", loading: true, found: [] })
    scene.answer("user:search", found(7))
    expect(scene.state.search?.found).toMatchObject([{ user: { id: "usr_7" }, ticketId: "tkt_7" }])
    scene.happen({ type: "search", query: "" })
    expect(scene.state.search).toBeUndefined()
  })
})
