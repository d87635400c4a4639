import { describe, expect, test } from "vitest"
import { type TimelineItem, timeline } from "../../../src/web/console/agent-client/timeline-state.ts"
import {
  conversation,
  inbox,
  listed,
  message,
  opened,
  type Scene,
  shownTexts,
  ticket,
  user,
} from "./console-scene.ts"

const entries = ({ state }: Scene, unreadAfter?: string): readonly TimelineItem[] => {
  const transcript = state.transcripts.get(state.opened?.conversationId ?? "")
  if (!transcript || !state.opened) throw new Error("no conversation is open")
  return timeline({
    transcript,
    history: state.dossiers.get(transcript.userId)?.history ?? [],
    tickets: [...state.rows.values()],
    ticketId: state.opened.ticketId,
    outbox: state.outbox,
    unreadAfter,
    zoneMinutes: 0,
  })
}

const kinds = (scene: Scene): string[] =>
  entries(scene).map((entry) =>
    entry.kind === "message" ? `${entry.message.id}${entry.message.authenticated ? " ✓" : ""}` : entry.kind,
  )

describe("the conversation", () => {
  test("a sign-in in mid-conversation: a line where it was, the mark on what was written after it alone", () => {
    const scene = opened(inbox(), message(1, 1), message(2, 1))
    scene.applyMessage(
      scene.event(
        "user:update",
        {
          user: { id: "usr_1", externalId: "E1", authenticated: true, profile: {} },
          reason: "authentication",
        },
        { at: 2500 },
      ),
      scene.event("conversation:message", {
        conversationId: "con_1",
        message: message(3, 1, { authenticated: true }),
      }),
    )
    expect(kinds(scene)).toEqual(["day", "msg_1", "msg_2", "identity", "msg_3 ✓"])
    expect(scene.state.users.get("usr_1")).toMatchObject({
      authenticated: true,
      externalId: "E1",
      signedUpAt: 1,
    })
  })

  test("a merge seen live: both histories in one order, the person is the known one, the screen stays", () => {
    const scene = opened(inbox(), message(5, 1), message(6, 1))
    const surviving = { id: "usr_9", externalId: "E9", authenticated: true, profile: { name: "Mira Known" } }
    const old = message(2, 9)
    scene.applyMessage(
      scene.event(
        "user:merge",
        {
          userId: "usr_9",
          reason: "sdkLogin",
          mergedUsers: { surviving, discarded: { id: "usr_1" } },
          mergedConversations: [{ surviving: "con_9", discarded: "con_1" }],
          conversations: [conversation(9, { messages: [old], lastMessage: message(6, 9) })],
        },
        { at: 6500 },
      ),
    )
    expect(scene.state.opened).toMatchObject({ userId: "usr_9", conversationId: "con_9" })
    expect(scene.state.users.get("usr_9")).toMatchObject({ externalId: "E9", aliases: ["usr_1"] })
    expect(shownTexts(scene, "con_9")).toEqual(["words 2", "words 5", "words 6"])
    expect(scene.state.transcripts.has("con_1")).toBe(false)
    expect(kinds(scene)).toEqual(["day", "msg_2", "msg_5", "msg_6", "identity"])
    // The ticket was closed for the known person's own: the screen goes there.
    scene.applyMessage(
      scene.event("ticket:update", {
        conversationId: "con_9",
        ticketId: "tkt_1",
        ticket: ticket(1, {
          status: "closed",
          mergedInto: "tkt_9",
          userId: "usr_9",
          conversationId: "con_9",
          updatedAt: 9,
        }),
      }),
    )
    expect(scene.state.opened?.ticketId).toBe("tkt_9")
    expect(scene.state.notices.map(({ body }) => body.kind)).toEqual(["ticketJoined"])
    expect(scene.asked("ticket:get").map(({ body }) => body.ticketId)).toEqual(["tkt_9"])
  })

  test("of two histories whose beginnings are not here, no part with holes is shown", () => {
    const scene = inbox()
    scene.happen({ type: "open", ticketId: "tkt_1" })
    const fifty = Array.from({ length: 50 }, (_, n) => message(100 + n, 1))
    scene.answer("ticket:get", {
      ticket: ticket(1),
      user: user("usr_1"),
      conversation: conversation(1),
      messages: fifty,
    })
    expect(scene.state.transcripts.get("con_1")?.more).toBe(true)
    scene.applyMessage(
      scene.event("conversation:merge", {
        conversationId: "con_1",
        mergedConversations: [{ surviving: "con_1", discarded: "con_2" }],
        conversations: [conversation(1, { messages: [message(50, 1), message(120, 1)], more: true })],
      }),
    )
    const messages = scene.state.transcripts.get("con_1")?.messages ?? []
    expect(messages[0]?.id).toBe("msg_100")
    expect(messages).toHaveLength(50)
  })

  test("earlier messages come in above, once", () => {
    const scene = inbox()
    scene.happen({ type: "open", ticketId: "tkt_1" })
    const page = Array.from({ length: 50 }, (_, n) => message(100 + n, 1))
    scene.answer("ticket:get", {
      ticket: ticket(1),
      user: user("usr_1"),
      conversation: conversation(1),
      messages: page,
    })
    scene.happen({ type: "earlier" }).happen({ type: "earlier" })
    expect(scene.asked("message:list").map(({ body }) => body.before)).toEqual([message(100, 1).position])
    scene.answer("message:list", { messages: [message(98, 1), message(99, 1)], more: false })
    expect(scene.state.transcripts.get("con_1")).toMatchObject({ more: false, loadingEarlier: false })
    expect(scene.state.transcripts.get("con_1")?.messages).toHaveLength(52)
    scene.happen({ type: "earlier" })
    expect(scene.asked("message:list")).toEqual([])
  })

  test("what is seen is told once, and only while there is something new in it", () => {
    const scene = opened(inbox(), message(1, 1), message(2, 1, { author: { type: "agent", id: "ben" } }))
    const look = (n: number) =>
      scene.happen({ type: "seen", conversationId: "con_1", position: message(n, 1).position })
    look(2)
    expect(scene.asked("conversation:read")).toHaveLength(1)
    scene.answer("conversation:read", { unreadCount: 0 })
    look(2)
    expect(scene.asked("conversation:read")).toEqual([])
    scene.applyMessage(
      scene.event("conversation:message", {
        conversationId: "con_1",
        ticketId: "tkt_1",
        message: message(3, 1),
      }),
    )
    look(3)
    expect(scene.asked("conversation:read")).toHaveLength(1)
  })

  test("what is seen while the hub is being told waits for its answer, and then the last of it is told", () => {
    const scene = opened(inbox(), message(1, 1), message(2, 1), message(3, 1))
    const look = (n: number) =>
      scene.happen({ type: "seen", conversationId: "con_1", position: message(n, 1).position })
    for (const n of [1, 2, 3]) look(n)
    expect(scene.asked("conversation:read")).toMatchObject([{ body: { position: message(1, 1).position } }])
    scene.answer("conversation:read", { unreadCount: 2 })
    expect(scene.asked("conversation:read")).toMatchObject([{ body: { position: message(3, 1).position } }])
  })

  test("a line stands before what is new, and messages of one author shortly after one another stand together", () => {
    const scene = opened(
      inbox(),
      message(1, 1),
      message(2, 1),
      message(3, 1, { authenticated: true }),
      message(4, 1, { author: { type: "agent", id: "ada" } }),
    )
    const all = entries(scene, message(1, 1).position)
    expect(all.map(({ kind }) => kind)).toEqual(["day", "message", "unread", "message", "message", "message"])
    const together = entries(scene).flatMap((entry) => (entry.kind === "message" ? [entry.continues] : []))
    expect(together).toEqual([false, true, false, false])
  })

  test("who types is shown until they stop, write, or are silent for ten seconds", () => {
    const scene = opened(inbox())
    const type = (active: boolean) =>
      scene.happen({
        type: "signal",
        signal: { name: "typing", conversationId: "con_1", author: { type: "user", id: "usr_1" }, active },
      })
    type(true)
    expect(scene.state.typing.has("con_1")).toBe(true)
    type(false)
    expect(scene.state.typing.has("con_1")).toBe(false)
    type(true)
    scene.applyMessage(
      scene.event("conversation:message", { conversationId: "con_1", message: message(1, 1) }),
    )
    expect(scene.state.typing.has("con_1")).toBe(false)
    type(true)
    scene.now += 10_001
    scene.happen({ type: "tick", asleepMs: 0 })
    expect(scene.state.typing.has("con_1")).toBe(false)
  })

  test("a colleague who comes to the conversation is answered, so that they know who is there already", () => {
    const scene = opened(inbox())
    const come = (active: boolean) =>
      scene.happen({
        type: "signal",
        signal: { name: "viewing", conversationId: "con_1", agent: { id: "ben", name: "Ben" }, active },
      })
    come(true)
    expect(scene.state.viewers.get("con_1")?.map(({ who }) => who.name)).toEqual(["Ben"])
    expect(scene.asked("viewing:start")).toHaveLength(1)
    come(true)
    expect(scene.asked("viewing:start")).toHaveLength(1)
    come(false)
    expect(scene.state.viewers.has("con_1")).toBe(false)
    come(true)
    scene.now += 30_001
    scene.happen({ type: "tick", asleepMs: 0 })
    expect(scene.state.viewers.has("con_1")).toBe(false)
  })

  test("the name of a ticket that was joined away opens the one that is left", () => {
    const scene = inbox(listed(2))
    scene.happen({ type: "open", ticketId: "tkt_old" })
    scene.answer("ticket:get", {
      ticket: ticket(2),
      user: user("usr_2"),
      conversation: conversation(2),
      messages: [],
    })
    expect(scene.state.opened).toEqual({ ticketId: "tkt_2", userId: "usr_2", conversationId: "con_2" })
    expect(scene.asked("viewing:start").map(({ body }) => body.conversationId)).toEqual(["con_2"])
    scene.happen({ type: "open", ticketId: "tkt_none" })
    scene.refuse("ticket:get", { code: "not_found" })
    expect(scene.state.opened).toEqual({ ticketId: "tkt_none", missing: true })
  })
})
