/** The judge is judged: each rule the devices check on the way does find its breach. */
import { describe, expect, it } from "vitest"
import { type Conversation, type FeedEvent, frames, type Message, type State, wireError } from "./shapes.ts"
import { View } from "./view.ts"

const message = (n: number, more: Partial<Message> = {}): Message => ({
  id: `msg_${n}`,
  conversationId: "con_a",
  position: `p${n}`,
  receivedAt: n + 1,
  author: { type: "user" },
  content: { type: "text", text: `${n}` },
  source: { channel: "web" },
  authenticated: false,
  ...more,
})
const conversation = (more: Partial<Conversation> = {}): Conversation => ({
  id: "con_a",
  isDefault: true,
  createdAt: 1,
  updatedAt: 1,
  status: "open",
  unreadCount: 0,
  readTo: {},
  messages: [message(0)],
  ...more,
})
const state = (more: Partial<State> = {}): State => ({
  reason: "connect",
  user: { id: "usr_a", authenticated: false, profile: {} },
  device: { id: "d", channel: "web" },
  sessionToken: "t",
  resumed: false,
  conversations: [conversation()],
  cursor: "c",
  settings: { conversationMode: "single", limits: {} },
  ...more,
})
const says = (offset: number, more: Partial<Message> = {}): FeedEvent => {
  const said = message(offset, more)
  const data = { conversationId: said.conversationId, message: said }
  return { offset, cursor: `c${offset}`, at: 1, type: "conversation:message", data }
}
const viewAfter = (...events: FeedEvent[]): View => {
  const view = new View()
  view.introduce(state())
  for (const event of events) view.apply(event)
  return view
}

describe("the judge", () => {
  it("accepts a dense feed, and applies it", () => {
    const view = viewAfter(says(1), says(2), says(3, { author: { type: "agent" } }))
    expect(view.breaches).toEqual([])
    expect(view.texts()).toEqual(["0", "1", "2", "3"])
    expect(view.conversations()[0]?.unreadCount).toBe(1)
  })

  it("finds a hole, a repeat and a step back", () => {
    for (const second of [3, 1, 0]) expect(viewAfter(says(1), says(second)).breaches).toHaveLength(1)
  })

  it("finds a message of a conversation that no event has introduced", () => {
    expect(viewAfter(says(1, { conversationId: "con_b" })).breaches).toHaveLength(1)
  })

  it("finds an event of the old feed after the state that replaced it", () => {
    const view = viewAfter(says(1))
    view.introduce(state({ user: { id: "usr_b", authenticated: false, profile: {} }, conversations: [] }))
    view.apply(says(1))
    expect(view.breaches.join()).toContain("[P4]")
  })

  it("finds an event about another user", () => {
    const user = { id: "usr_b", authenticated: false, profile: {} }
    const event: FeedEvent = {
      offset: 1,
      cursor: "c",
      at: 1,
      type: "user:update",
      data: { user, reason: "profile" },
    }
    expect(viewAfter(event).breaches.join()).toContain("[P4]")
  })

  it("finds an offset that a full state had already passed", () => {
    const view = viewAfter(says(7))
    view.introduce(state())
    view.apply(says(7))
    expect(view.breaches).toHaveLength(1)
  })

  it("finds fields the page does not name, and fields for agents", () => {
    const good = says(1)
    expect(frames.event.safeParse(good).success).toBe(true)
    expect(frames.event.safeParse({ ...good, extra: 1 }).success).toBe(false)
    expect(frames.event.safeParse(says(1, { internal: true } as Partial<Message>)).success).toBe(false)
    expect(frames.ready.safeParse(state()).success).toBe(true)
    expect(frames.ready.safeParse({ ...state(), secret: 1 }).success).toBe(false)
    expect(frames.ready.safeParse(state({ resumed: true })).success).toBe(false)
    const signedIn = { id: "usr_a", externalId: "ann", authenticated: true, profile: {} }
    expect(frames.ready.safeParse(state({ user: signedIn })).success).toBe(false)
    expect(wireError.safeParse({ code: "nonsense", message: "x", retryable: false }).success).toBe(false)
  })

  it("folds a discarded conversation into its survivor", () => {
    const view = viewAfter(says(1))
    const surviving = { id: "usr_a", authenticated: false, profile: {} }
    const brought = message(9, { id: "msg_9", conversationId: "con_b", position: "p00" })
    const survivor = conversation({ id: "con_b", messages: [brought] })
    view.apply({
      ...{ offset: 2, cursor: "c2", at: 1, type: "user:merge" },
      data: {
        reason: "api",
        mergedUsers: { surviving, discarded: { id: "usr_x" } },
        mergedConversations: [{ surviving: "con_b", discarded: "con_a" }],
        conversations: [survivor],
      },
    })
    expect(view.breaches).toEqual([])
    expect(view.conversations().map(({ id }) => id)).toEqual(["con_b"])
  })
})
