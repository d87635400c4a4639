/** What an agent does at a console: the commands of section 6, over a connection that judges what comes back. */
import { randomUUID } from "node:crypto"
import {
  type AgentCommand,
  type AgentMessage,
  type AgentResult,
  agentResults,
  type Partition,
  STATUSES,
  type Ticket,
} from "./agent-shapes.ts"
import { ConsoleConnection } from "./console-connection.ts"
import { granted, refusal } from "./device-connection.ts"
import type { WireError } from "./shapes.ts"

export type Listed = AgentResult<"ticket:list">["tickets"][number]

export class Console extends ConsoleConnection {
  async ask<C extends AgentCommand>(name: C, body: unknown): Promise<AgentResult<C>> {
    return agentResults[name].parse(granted(await this.raw(name, body))) as AgentResult<C>
  }

  /** The refusal of a command that must not succeed. */
  async refused(name: string, body: unknown): Promise<WireError> {
    return refusal(name, await this.raw(name, body))
  }

  async code(name: string, body: unknown): Promise<string> {
    return (await this.refused(name, body)).code
  }

  /** Says a text in a conversation. */
  async say(
    conversationId: string,
    text: string,
    more: Record<string, unknown> = {},
  ): Promise<AgentResult<"message:send">> {
    const body = { conversationId, localId: randomUUID(), content: { type: "text", text }, ...more }
    return await this.ask("message:send", body)
  }

  async note(conversationId: string, text: string): Promise<AgentMessage> {
    return (await this.say(conversationId, text, { internal: true })).message
  }

  async set(ticketId: string, change: Record<string, unknown>): Promise<Ticket> {
    return (await this.ask("ticket:update", { ticketId, ...change })).ticket
  }

  async get(ticketId: string): Promise<Ticket> {
    return (await this.ask("ticket:get", { ticketId })).ticket
  }

  /** The ticket that began with this user's first message, as the feed told it. */
  async begun(conversationId: string, from = 0): Promise<Ticket> {
    const is = (data: { conversationId: string }): boolean => data.conversationId === conversationId
    return (await this.event("ticket:create", is, from)).data.ticket
  }

  async watch(scope: string, conversations?: string[]): Promise<void> {
    if (scope !== "all") this.view.filtered = true
    await this.ask("watch", { scope, ...(conversations && { conversations }) })
  }

  /** Every ticket that fits, read page by page. */
  async list(query: Record<string, unknown> = {}): Promise<Listed[]> {
    const all: Listed[] = []
    for (let before: string | undefined; ; ) {
      const page = await this.ask("ticket:list", { status: STATUSES, ...query, ...(before && { before }) })
      all.push(...page.tickets)
      if (!page.next) return all
      before = page.next
    }
  }

  /** Every message of a conversation, read page by page. */
  async history(conversationId: string, limit = 100): Promise<AgentMessage[]> {
    const all: AgentMessage[] = []
    for (let before: string | undefined; ; before = all[0]?.position) {
      const page = await this.ask("message:list", { conversationId, limit, ...(before && { before }) })
      all.unshift(...page.messages)
      if (!page.more || page.messages.length === 0) return all
    }
  }

  /** Waits until everything stored so far has arrived. Only for a console that watches all. */
  async settle(): Promise<void> {
    const answer = await this.ask("sync", { cursor: this.view.cursor })
    if (!answer.resumed) throw new Error("the latest cursor of the console was not resumed")
    const missing = () => answer.events.find((event) => !this.view.reached(event))
    await this.until(`the last of ${answer.events.length} events`, () => missing() === undefined)
  }

  /** A command and its ack on this very socket: whatever was sent to it before has arrived. */
  async roundTrip(): Promise<void> {
    await this.raw("ticket:list", { limit: 1 })
  }

  async login(jwt: string): Promise<AgentResult<"login">> {
    return await this.ask("login", { jwt })
  }

  /** Closes and gives back what is needed to come back through the cursor. */
  leave(): { cursor: string; positions: ReadonlyMap<Partition, number> } {
    this.socket.disconnect()
    return { cursor: this.view.cursor, positions: new Map(this.view.positions) }
  }
}
