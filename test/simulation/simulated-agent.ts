/** An agent of the simulation: answers, notes, assigns, closes and joins, and repeats whatever got no answer. */
import { expect } from "vitest"
import { business } from "../../src/app/actor.ts"
import { getTicket, updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { joinConversations } from "../../src/app/agents/join-conversations.ts"
import type { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { sendMessage } from "../../src/app/send-message.ts"
import { showConversation } from "../../src/app/show-conversations.ts"
import { snapshot } from "../../src/app/snapshot.ts"
import { eventOf } from "../../src/app/user-feed.ts"
import type { AgentEvent } from "../../src/protocol/agent.ts"
import { HubError } from "../../src/protocol/errors.ts"
import type { Chance } from "../acceptance/random.ts"
import { turns } from "../app/chance.ts"
import { allTold, Desk, inTime } from "../app/desk.ts"
import type { Console } from "./simulated-console.ts"
import { type Device, insistently } from "./simulated-device.ts"

interface Said {
  readonly text: string
  readonly messageId: string
  readonly conversationId: string
  readonly internal: boolean
}

const STATUS = ["open", "pending", "hold", "solved", "solved", "closed"] as const
const REFUSALS: readonly string[] = ["not_found", "conflict", "bad_request"]

export class Agent {
  readonly console: Console
  readonly said: Said[] = []
  readonly #name: string
  readonly #nodes: readonly App[]
  readonly #chance: Chance
  #sends = 0

  constructor(name: string, console: Console, nodes: readonly App[], chance: Chance) {
    this.#name = name
    this.console = console
    this.#nodes = nodes
    this.#chance = chance
  }

  async work(devices: readonly Device[], steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      await turns(this.#chance.below(20))
      const rooms = this.#chance.pick(devices).conversations
      try {
        await this.#one(rooms, this.#chance.below(10))
      } catch (error) {
        if (!(error instanceof HubError) || !REFUSALS.includes(error.code)) throw error
      }
    }
  }

  async #one(rooms: readonly string[], dice: number): Promise<unknown> {
    const room = rooms.at(-1)
    if (dice === 0) {
      this.console.leave()
      await turns(this.#chance.below(200))
      return this.console.comeBack()
    }
    if (dice < 4) return this.#update()
    if (room === undefined) return
    if (dice < 8) return this.#say(room, dice < 6)
    const order = { survivingId: room, discardedId: this.#chance.pick(rooms) }
    return insistently(() => joinConversations(this.#node(), order, Date.now()))
  }

  async #say(conversationId: string, internal: boolean): Promise<void> {
    this.#sends += 1
    const text = `${this.#name}.${this.#sends}${internal ? " among us" : ""}`
    const author = { type: "agent", id: this.#name } as const
    const order = { localId: text, conversationId, content: { type: "text", text }, internal } as const
    const { message } = await insistently(async () => {
      const node = this.#node()
      const actor = business(node, conversationId, author, { channel: "agent" })
      return sendMessage(node, actor, order, Date.now())
    })
    this.said.push({ text, messageId: message.id, conversationId, internal })
  }

  async #update(): Promise<void> {
    const known = [...this.console.desk.tickets.keys()]
    if (known.length === 0) return
    const ticketId = this.#chance.pick(known)
    const status = this.#chance.pick(STATUS)
    const assigneeId = this.#chance.below(3) === 0 ? null : this.#name
    await insistently(() => updateTicket(this.#node(), { ticketId, status, assigneeId }, Date.now()))
  }

  #node(): App {
    return this.#chance.pick(this.#nodes)
  }
}

/** What an event says, without where the other partitions stood when it was told. */
const wording = (events: readonly AgentEvent[]) => events.map(({ cursor: _, ...event }) => event)

/** The agents' share of docs/architecture.md 1, asked when nothing happens any more. */
export async function expectAgents(
  app: App,
  agents: readonly Agent[],
  users: Iterable<string>,
): Promise<void> {
  const stored = await allTold(app)
  for (const { console } of agents) {
    await console.atTheEnd()
    for (const [partition, events] of stored.entries()) {
      const received = console.received.filter((event) => event.partition === partition)
      expect(
        received.map(({ offset }) => offset),
        "[P2] dense",
      ).toEqual(received.map((_, index) => index + 1))
      expect(wording(received), "[P2] the same for every console").toEqual(wording(events))
    }
  }
  const desk = new Desk()
  for (const event of inTime(stored.flat())) desk.apply(event)
  for (const ticketId of desk.tickets.keys()) {
    const { ticket } = await getTicket(app, { ticketId }, () => false)
    const known = desk.tickets.get(ticket.id)
    expect({ ...known, lastActivityAt: 0 }, "[P2] applied is fetched").toEqual({
      ...ticket,
      lastActivityAt: 0,
    })
  }
  const said = agents.flatMap((agent) => agent.said)
  for (const { text, messageId, conversationId } of said) {
    const resolved = await resolveConversation(app, conversationId)
    const messages = resolved ? (await showConversation(app, resolved, 10_000, "business")).messages : []
    const same = (messages ?? []).filter(({ localId }) => localId === text)
    expect(
      same.map(({ id }) => id),
      `[P1] ${text}`,
    ).toEqual([messageId])
  }
  for (const user of users) {
    const partition = app.homePartition(user)
    if (!partition) throw new Error("Nobody.")
    const entries = await partition.feed(user, { limit: 2_000 })
    const events = await Promise.all(entries.map((entry) => eventOf(app, user, entry)))
    const got = JSON.stringify([events, (await snapshot(app, partition, user)).situation])
    for (const { text, internal } of said)
      if (internal) expect(got.includes(text), `[P4] ${text}`).toBe(false)
  }
}
