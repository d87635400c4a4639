/** The agent's console in the demo: it sees every ticket and every message of the app, and answers what it sees. */
import type { Clock } from "../lib/clock.ts"
import type { AgentCommand, AgentEvent } from "../protocol/agent.ts"
import type { Message, Ticket } from "../protocol/model.ts"
import { AGENT, type Bodies } from "../protocol/socket-events.ts"
import { DemoLine } from "./line.ts"

/** What a console saw just now. */
export type ConsoleSight =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "ticket"; readonly ticket: Ticket }
  | { readonly kind: "merge" }

export class AgentConsole {
  readonly name = "agent"
  /** Ids of the messages it got, in the order in which they came. */
  readonly held: string[] = []
  /** Messages that came although they were there already. */
  doubled = 0
  readonly #line: DemoLine<typeof AGENT>
  #letIn = false
  #sights: ConsoleSight[] = []
  /** Tickets in the order in which they were made, each as the last event had it. */
  readonly #tickets = new Map<string, Ticket>()
  #last: Message | undefined

  constructor(url: string, token: string, clock: Clock) {
    this.#line = DemoLine.to(AGENT, {
      ...{ name: this.name, url, clock },
      auth: { v: 1, appId: "demo", token },
    })
    this.#line.on("ready", () => {
      this.#letIn = true
    })
    this.#line.on("event", (event) => this.#see(event))
  }

  ready(): Promise<void> {
    return this.#line.until("is let in", () => this.#letIn)
  }

  command<C extends AgentCommand>(name: C, body: Bodies[typeof AGENT][C]) {
    return this.#line.ask(name, body)
  }

  /** In the conversation of the message that it saw last. */
  async answer(localId: string, text: string): Promise<Message> {
    const conversationId = this.#last?.conversationId ?? ""
    const content = { type: "text", text } as const
    const { message } = await this.command("message:send", { conversationId, localId, content })
    return message
  }

  /** Resolves once it has got all of these. */
  sees(ids: readonly string[]): Promise<void> {
    return this.#line.until("sees what was said", () => ids.every((id) => this.held.includes(id)))
  }

  /** Resolves once one ticket was closed into another. */
  seesMerge(): Promise<void> {
    const isMerged = ({ mergedInto }: Ticket): boolean => mergedInto !== undefined
    return this.#line.until("sees the merge", () => [...this.#tickets.values()].some(isMerged))
  }

  /** The latest page of the conversation, asked for again. */
  async history(): Promise<readonly Message[]> {
    const conversationId = this.#last?.conversationId ?? ""
    const { messages } = await this.command("message:list", { conversationId, limit: 100 })
    return messages
  }

  /** What it saw since the last call. */
  glance(): readonly ConsoleSight[] {
    const sights = this.#sights
    this.#sights = []
    return sights
  }

  /** 1 for the first ticket it saw. */
  numberOf(ticketId: string): number {
    return [...this.#tickets.keys()].indexOf(ticketId) + 1
  }

  close(): void {
    this.#line.close()
  }

  #see({ type, data }: AgentEvent): void {
    switch (type) {
      case "ticket:create":
      case "ticket:update":
        this.#tickets.set(data.ticket.id, data.ticket)
        this.#sights.push({ kind: "ticket", ticket: data.ticket })
        return
      case "conversation:message":
        if (this.held.includes(data.message.id)) this.doubled += 1
        else this.held.push(data.message.id)
        this.#last = data.message
        this.#sights.push({ kind: "message", message: data.message })
        return
      case "user:merge":
        this.#sights.push({ kind: "merge" })
    }
  }
}
