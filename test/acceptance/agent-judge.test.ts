/** The judge of the consoles is judged: each rule it keeps on the way does find its breach. */
import { describe, expect, it } from "vitest"
import { type AgentEvent, agentFrames, type Ticket } from "./agent-shapes.ts"
import { ConsoleView } from "./agent-view.ts"
import type { Message } from "./shapes.ts"

const ticket = (more: Partial<Ticket> = {}): Ticket => ({
  ...{ id: "tkt_a", conversationId: "con_a", userId: "usr_a", status: "new", authenticated: false },
  ...{ createdAt: 1, updatedAt: 1, lastActivityAt: 1 },
  ...more,
})
const filed = (offset: number, more: Partial<Ticket> = {}, partition = 0): AgentEvent => {
  const received = ticket(more)
  const ids = { userId: "usr_a", conversationId: "con_a", ticketId: "tkt_a" }
  const envelope = { partition, offset, cursor: `c${offset}`, at: 1 }
  return { ...envelope, type: "ticket:update", data: { ...ids, ticket: received } }
}
const message: Message = {
  ...{ id: "msg_a", conversationId: "con_a", position: "p1", receivedAt: 1, authenticated: false },
  ...{ author: { type: "user" }, content: { type: "text", text: "x" }, source: { channel: "web" } },
}
const breachesOf = (...events: AgentEvent[]): string[] => {
  const view = new ConsoleView()
  for (const event of events) view.apply(event)
  return view.breaches
}
const state = {
  ...{ agent: { id: "ada", name: "Ada" }, cursor: "c", resumed: false },
  settings: { conversationMode: "single" as const, limits: {} },
  counts: { new: 0, open: 0, pending: 0, hold: 0 },
}

describe("the judge of the consoles", () => {
  it("accepts a feed that is dense per partition", () => {
    expect(breachesOf(filed(4), filed(1, {}, 1), filed(5), filed(2, {}, 1))).toEqual([])
  })

  it("finds a hole, a repeat and a step back", () => {
    for (const second of [3, 1, 0]) expect(breachesOf(filed(1), filed(second))).toHaveLength(1)
    expect(breachesOf(filed(1), filed(1, {}, 1), filed(3, {}, 1))).toHaveLength(1)
  })

  it("allows holes to a console that watches less, but no step back", () => {
    const view = new ConsoleView()
    view.filtered = true
    for (const offset of [1, 5, 4]) view.apply(filed(offset))
    expect(view.breaches).toHaveLength(1)
  })

  it("finds events from before the state that told it to start over", () => {
    const view = new ConsoleView()
    view.apply(filed(7))
    view.introduce(state)
    view.apply(filed(7))
    expect(view.breaches).toHaveLength(1)
  })

  it("finds a ticket that does not fit its event, a mark where none can be, and a closed one that opens", () => {
    expect(breachesOf(filed(1, { userId: "usr_b" }))).toHaveLength(1)
    expect(breachesOf(filed(1, { status: "solved", authenticated: true }))).toHaveLength(1)
    expect(breachesOf(filed(1, { status: "closed" }), filed(2, { status: "open" }))).toHaveLength(1)
  })

  it("folds messages and follows them to the survivor", () => {
    const view = new ConsoleView()
    const envelope = { partition: 0, cursor: "c", at: 1 }
    const ids = { userId: "usr_a", conversationId: "con_a" }
    view.apply({ ...envelope, offset: 1, type: "conversation:message", data: { ...ids, message } })
    view.apply({
      ...{ ...envelope, offset: 2, type: "conversation:merge" },
      data: {
        ...{ userId: "usr_a", conversations: [] },
        mergedConversations: [{ surviving: "con_b", discarded: "con_a" }],
      },
    })
    expect(view.breaches).toEqual([])
    expect(view.messages("con_b")).toEqual([{ ...message, conversationId: "con_b" }])
  })

  it("finds fields the page does not name, and events without their user", () => {
    expect(agentFrames.event.safeParse(filed(1)).success).toBe(true)
    expect(agentFrames.event.safeParse({ ...filed(1), extra: 1 }).success).toBe(false)
    expect(agentFrames.event.safeParse({ ...filed(1), partition: undefined }).success).toBe(false)
    const { userId: _, ...data } = filed(1).data
    expect(agentFrames.event.safeParse({ ...filed(1), data }).success).toBe(false)
    expect(agentFrames.ready.safeParse(state).success).toBe(true)
    expect(agentFrames.ready.safeParse({ ...state, resumed: true }).success).toBe(false)
    expect(agentFrames.ready.safeParse({ ...state, counts: {} }).success).toBe(false)
  })
})
