/** A full inbox: many visitors with a ticket each, one person with very many, and an agent who pages through all of it. */
import { type Counts, Histogram } from "../../check/histogram.ts"
import { CLEAN, type Verdict } from "../../check/verdict.ts"
import type { Client } from "../../wire/namespace-socket.ts"
import { each } from "../connect-many.ts"
import { ask, field, HubPeople, list } from "../hub-people.ts"
import type { Address } from "../job.ts"

export interface TicketsParams {
  readonly address: Address
  readonly run: string
  /** Visitors with one ticket each. */
  readonly visitors: number
  /** Tickets of the one person. */
  readonly own: number
}

export interface Inbox {
  readonly tickets: number
  readonly pages: Counts
  readonly assigned: Counts
  readonly updates: Counts
  /** Sends of the person, whose tickets rank anew with each. */
  readonly sends: Counts
  readonly verdict: Verdict
}

export type TicketsJob = {
  visitors(): Promise<void>
  /** Their tickets, up to this number; the one of the parameters if none is given. */
  person(upTo: unknown): Promise<void>
  /** The person is there, with the one conversation that they write in from now on. */
  begin(): Promise<void>
  /** So many times an agent closes their ticket, and with their next message they have another. */
  close(count: unknown): Promise<void>
  /** So many messages of the person, in one conversation after the other, some at a time. */
  sends(count: unknown): Promise<void>
  inbox(): Promise<Inbox>
}

const PAGE = 100
const SAMPLES = 50
const ACTIVE = ["new", "open", "pending", "hold"]

export async function tickets(given: unknown): Promise<TicketsJob> {
  // The boundary: the bench and this file are of one version.
  const params = given as TicketsParams
  const people = new HubPeople(params.address)
  const conversations: string[] = []
  let sent = 0
  let person: Client | undefined
  const say = (localId: string, more: object = {}): object => ({
    localId,
    content: { type: "text", text: `A question, ${localId}` },
    ...more,
  })

  return {
    async visitors() {
      await each(params.visitors, async (number) => {
        const [visitor] = await people.visitor(number)
        await ask(visitor, "message:send", say(`first-${number}`))
        visitor.destroy()
      })
    },

    async person(upTo) {
      const [client] = person ? [person] : await people.person(`busy-${params.run}`, params.visitors)
      person = client
      const from = conversations.length
      await each(
        Number(upTo ?? params.own) - from,
        async (index) => {
          const number = from + index
          const made = await ask(client, "conversation:create", { localId: `conversation-${number}` })
          const conversationId = String(field(made, "conversation", "id"))
          conversations[number] = conversationId
          await ask(client, "message:send", say(`own-${number}`, { conversationId }))
        },
        16,
      )
    },

    async begin() {
      const [client] = await people.person(`busy-${params.run}`, params.visitors)
      person = client
      const first = await ask(client, "message:send", say("own-0"))
      conversations.push(String(field(first, "message", "conversationId")))
    },

    async close(count) {
      const client = person
      if (!client) throw new Error("There is no such person yet.")
      const [agent] = await people.agent(0)
      await ask(agent, "watch", { scope: "none" })
      for (let closed = 0; closed < Number(count); closed++) {
        const active = await ask(agent, "ticket:list", { status: ACTIVE, limit: 1 })
        const ticketId = field(active, "tickets", 0, "id")
        await ask(agent, "ticket:update", { ticketId, status: "closed" })
        await ask(client, "message:send", say(`next-${sent++}`))
      }
      agent.destroy()
    },

    async sends(count) {
      const client = person
      if (!client) throw new Error("There is no such person yet.")
      const work = async (): Promise<void> => {
        const conversationId = conversations[sent % conversations.length]
        await ask(client, "message:send", say(`more-${sent++}`, { conversationId }))
      }
      await each(Number(count), work, 8)
    },

    async inbox() {
      const [agent] = await people.agent(0)
      await ask(agent, "watch", { scope: "none" })
      const { ids, waits, reordered, doubled } = await walk(agent, { status: ACTIVE })
      const expected = params.visitors + params.own
      const updates = await timed(SAMPLES, async (number) => {
        await ask(agent, "ticket:update", { ticketId: ids[(number * 7) % ids.length], assigneeId: "agent-0" })
      })
      const assigned = await timed(SAMPLES, async () => {
        await ask(agent, "ticket:list", { status: ACTIVE, assignee: "me", limit: 25 })
      })
      const sends = await timed(SAMPLES, async (number) => {
        const conversationId = conversations[(number * 31) % conversations.length]
        if (person && conversationId !== undefined)
          await ask(person, "message:send", say(`again-${number}`, { conversationId }))
      })
      return {
        tickets: ids.length,
        pages: waits,
        assigned,
        updates,
        sends,
        verdict: { ...CLEAN, lost: Math.max(0, expected - new Set(ids).size), doubled, reordered },
      }
    },
  }
}

async function walk(agent: Client, filter: object) {
  const waits = new Histogram()
  const ids: string[] = []
  let before: string | undefined
  let last = Number.POSITIVE_INFINITY
  let reordered = 0
  do {
    const at = performance.now()
    const page = await ask(agent, "ticket:list", {
      ...filter,
      limit: PAGE,
      ...(before !== undefined && { before }),
    })
    waits.record(performance.now() - at)
    for (const ticket of list(field(page, "tickets"))) {
      ids.push(String(field(ticket, "id")))
      const activity = Number(field(ticket, "lastActivityAt"))
      if (activity > last) reordered += 1
      last = activity
    }
    const next = field(page, "next")
    before = typeof next === "string" ? next : undefined
  } while (before !== undefined)
  return { ids, waits: waits.counts(), reordered, doubled: ids.length - new Set(ids).size }
}

async function timed(count: number, work: (number: number) => Promise<void>): Promise<Counts> {
  const histogram = new Histogram()
  for (let number = 0; number < count; number++) {
    const at = performance.now()
    await work(number)
    histogram.record(performance.now() - at)
  }
  return histogram.counts()
}
