/**
 * Every ticket is in the agents' lists once, wherever its conversation went and however many others it has had: also those
 * that stayed in the partition where they were left.
 */
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { listTickets } from "../../src/app/agents/ticket-list.ts"
import type { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { resolveTicket } from "../../src/app/load-badges.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { HubError } from "../../src/protocol/errors.ts"
import { THOROUGH } from "../thorough.ts"
import { fileStore } from "./file-store.ts"
import { newApp, say, visitor } from "./stage.ts"

const opened = fileStore()

const RUNS = 8 * THOROUGH
const DEADLINE_MS = RUNS * 5_000
const PARTITIONS = 2
const STATUSES = ["open", "solved", "closed"] as const

const act = fc.oneof(
  // Several matters, each of which is over before the next one begins.
  {
    arbitrary: fc.record({ count: fc.integer({ min: 4, max: 11 }) }),
    weight: 3,
  },
  { arbitrary: fc.record({ to: fc.nat({ max: PARTITIONS - 1 }), solved: fc.boolean() }), weight: 2 },
  {
    arbitrary: fc.record({
      which: fc.nat(),
      status: fc.option(fc.constantFrom(...STATUSES), { nil: undefined }),
      assigneeId: fc.option(fc.constantFrom("ada", "bob"), { nil: undefined }),
    }),
    weight: 4,
  },
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

/** Left behind with its entries, changed elsewhere, and back: the entries of before are here again, and untrue. */
const THERE_AND_BACK: Act[] = [
  { to: 0, solved: true },
  { count: 11 },
  { to: 1, solved: false },
  { which: 1, status: "closed", assigneeId: undefined },
  { which: 0, status: "closed", assigneeId: undefined },
  { to: 0, solved: false },
]

/** Left behind in one partition, changed and left behind in another, and the conversation is back in the first. */
const LEFT_TWICE: Act[] = [
  { to: 0, solved: false },
  { count: 11 },
  { to: 1, solved: false },
  { which: 0, status: "closed", assigneeId: undefined },
  { count: 11 },
  { to: 0, solved: false },
]

class Desk {
  readonly ids: string[] = []
  /** For good. */
  readonly closed = new Set<string>()
  readonly #app: App
  #writer = visitor(0)
  #said = 0
  #conversationId: string | undefined

  constructor(app: App) {
    this.#app = app
  }

  async play(acts: readonly Act[]): Promise<void> {
    await this.#matter("solved")
    for (const one of acts) {
      if ("count" in one) for (let k = 0; k < one.count; k += 1) await this.#matter("closed")
      else if ("to" in one) await this.#moveTo(one)
      else await this.#update(one.which, one)
    }
  }

  async #matter(status: "solved" | "closed"): Promise<void> {
    const { message } = await this.#say()
    const ticket = (await resolveConversation(this.#app, message.conversationId))?.record.ticket
    if (!ticket) throw new Error("Who writes has a ticket.")
    if (!this.ids.includes(ticket.id)) this.ids.push(ticket.id)
    await this.#set(ticket.id, { status })
  }

  async #set(ticketId: string, change: { status?: (typeof STATUSES)[number]; assigneeId?: string }) {
    await updateTicket(this.#app, { ticketId, ...change }, Date.now())
    if (change.status === "closed") this.closed.add(ticketId)
  }

  async #say() {
    this.#said += 1
    const voice = { ...(this.#conversationId !== undefined && { conversationId: this.#conversationId }) }
    const sent = await say(this.#app, this.#writer, `matter ${this.#said}`, voice)
    this.#conversationId = sent.message.conversationId
    return sent
  }

  /** Merged into somebody there who has written, and has a ticket of their own: a solved one becomes a previous one. */
  async #moveTo({ to, solved }: Extract<Act, { to: number }>): Promise<void> {
    if (solved) await this.#matter("solved")
    const survivingId = visitor(to)
    this.#said += 1
    const { message } = await say(this.#app, survivingId, `matter ${this.#said}`)
    const own = (await resolveConversation(this.#app, message.conversationId))?.record.ticket
    if (own) this.ids.push(own.id)
    await mergeUsers(this.#app, { discardedId: this.#writer, survivingId, reason: "api" }, Date.now())
    this.#writer = survivingId
    this.#conversationId = message.conversationId
  }

  /** A closed ticket stays as it is, so another one is chosen; that none is opened beside another is refused. */
  async #update(which: number, { status, assigneeId }: Extract<Act, { which: number }>): Promise<void> {
    const all = await Promise.all(this.ids.map((id) => resolveTicket(this.#app, id)))
    const open = all.flatMap((found) => (found && found.ticket.status !== "closed" ? [found.ticket.id] : []))
    const ticketId = open[which % open.length]
    if (ticketId === undefined) return
    const change = { ...(status && { status }), ...(assigneeId && { assigneeId }) }
    await this.#set(ticketId, change).catch((error: unknown) => {
      if (!(error instanceof HubError)) throw error
    })
  }
}

/** A list as an agent pages through it. */
async function listed(app: App, limit: number, filter: object): Promise<string[]> {
  const ids: string[] = []
  let before: string | undefined
  do {
    const body = { ...filter, limit, ...(before !== undefined && { before }) }
    const page = await listTickets(app, body, "ada", () => false)
    ids.push(...page.tickets.map(({ id }) => id))
    before = page.next
  } while (before !== undefined)
  return ids
}

test(
  "[P3] [P5] whatever happened to users and tickets, each filter lists each ticket that fits once",
  async () => {
    const acts = fc.array(act, { minLength: 8, maxLength: 16 })
    const property = fc.asyncProperty(acts, fc.integer({ min: 1, max: 7 }), async (played, limit) => {
      const app = await newApp(opened.store, "single", PARTITIONS)
      const desk = new Desk(app)
      await desk.play(played)
      const all = await Promise.all(desk.ids.map(async (id) => (await resolveTicket(app, id))?.ticket))
      expect(all.flatMap((ticket) => (ticket?.status === "closed" ? [ticket.id] : []))).toEqual(
        expect.arrayContaining([...desk.closed]),
      )
      for (const filter of [{}, { assignee: "me" }, { assignee: "none" }, { status: ["solved"] }]) {
        const expected = all.filter((ticket) => ticket && fits(ticket, filter)).map((ticket) => ticket?.id)
        expect((await listed(app, limit, filter)).toSorted(), JSON.stringify(filter)).toEqual(
          expected.toSorted(),
        )
      }
    })
    await fc.assert(property, {
      numRuns: RUNS,
      examples: [
        [THERE_AND_BACK, 3],
        [LEFT_TWICE, 5],
      ],
      interruptAfterTimeLimit: DEADLINE_MS / 2,
      includeErrorInReport: true,
    })
  },
  DEADLINE_MS,
)

function fits(
  ticket: { status: string; assigneeId?: string | undefined },
  { assignee, status }: { assignee?: string; status?: readonly string[] },
): boolean {
  if (status && !status.includes(ticket.status)) return false
  return assignee === undefined || ticket.assigneeId === (assignee === "me" ? "ada" : undefined)
}
