/** One device in the demo: it records what the hub sends, as it comes. */
import type { Clock } from "../lib/clock.ts"
import type { CommandName } from "../protocol/commands.ts"
import type { FeedEvent } from "../protocol/events.ts"
import type { MessagingAuth, State } from "../protocol/handshake.ts"
import type { Conversation, Message } from "../protocol/model.ts"
import { type Bodies, MESSAGING } from "../protocol/socket-events.ts"
import { DemoLine } from "./line.ts"

/** What a device saw just now. */
export type Sight =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "merge"; readonly brought: number }

export class DemoDevice {
  readonly name: string
  /** Ids of the messages it got, in the order in which they came. */
  readonly held: string[] = []
  /** Messages that came although they were there already. */
  doubled = 0
  readonly #line: DemoLine<typeof MESSAGING>
  #state: State | undefined
  #sights: Sight[] = []

  constructor(name: string, url: string, auth: Omit<MessagingAuth, "v" | "appId">, clock: Clock) {
    this.name = name
    this.#line = DemoLine.to(MESSAGING, {
      ...{ name, url, clock },
      auth: { v: 1, appId: "demo", deviceId: name, ...auth },
    })
    this.#line.on("ready", (state) => this.#begin(state))
    this.#line.on("event", (event) => this.#see(event))
  }

  ready(): Promise<void> {
    return this.#line.until("is let in", () => this.#state !== undefined)
  }

  command<C extends CommandName>(name: C, body: Bodies[typeof MESSAGING][C]) {
    return this.#line.ask(name, body)
  }

  async write(localId: string, text: string): Promise<Message> {
    const { message } = await this.command("message:send", { localId, content: { type: "text", text } })
    return message
  }

  /** @returns the outcome: `merged` if the visitor turned out to be a known user */
  async login(jwt: string): Promise<string> {
    const { outcome, state } = await this.command("login", { jwt })
    this.#begin(state)
    return outcome
  }

  /** Resolves once it has got all of these. */
  sees(ids: readonly string[]): Promise<void> {
    return this.#line.until("sees what was said", () => ids.every((id) => this.held.includes(id)))
  }

  /** The latest page of its conversation, asked for again. */
  async history(): Promise<readonly Message[]> {
    const { conversations } = await this.command("conversation:list", {})
    const [conversation] = conversations
    if (!conversation) return []
    const { messages } = await this.command("message:list", { conversationId: conversation.id, limit: 100 })
    return messages
  }

  /** What it saw since the last call. */
  glance(): readonly Sight[] {
    const sights = this.#sights
    this.#sights = []
    return sights
  }

  close(): void {
    this.#line.close()
  }

  /** A state replaces everything that was known. */
  #begin(state: State): void {
    this.#state = state
    this.held.length = 0
    this.#hold(state.conversations ?? [])
  }

  #see(event: FeedEvent): void {
    if (event.type === "conversation:message") {
      const { message } = event.data
      if (this.held.includes(message.id)) this.doubled += 1
      else this.held.push(message.id)
      this.#sights.push({ kind: "message", message })
    }
    if (event.type === "user:merge") {
      this.#sights.push({ kind: "merge", brought: this.#hold(event.data.conversations) })
    }
  }

  /** @returns how many of their messages were new */
  #hold(conversations: readonly Conversation[]): number {
    const messages = conversations.flatMap((conversation) => conversation.messages ?? [])
    const news = messages.filter(({ id }) => !this.held.includes(id))
    this.held.push(...news.map(({ id }) => id))
    return news.length
  }
}
