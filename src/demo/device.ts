/** One device in the demo: a stock Socket.IO client that notes down what the hub shows it, as it comes. */
import { io, type Socket } from "socket.io-client"
import type { Clock } from "../lib/clock.ts"
import type { Ack, Body, CommandName, Result } from "../protocol/commands.ts"
import type { FeedEvent } from "../protocol/events.ts"
import type { MessagingAuth, State } from "../protocol/handshake.ts"
import type { Conversation, Message } from "../protocol/model.ts"

const DEADLINE_MS = 5_000

/** What a device saw just now. */
export type Sight =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "merge"; readonly brought: number }

export class Device {
  readonly name: string
  /** Ids of the messages it was shown, in the order in which they came. */
  readonly held: string[] = []
  /** Messages that came although they were there already. */
  doubled = 0
  readonly #clock: Clock
  readonly #socket: Socket
  #state: State | undefined
  #sights: Sight[] = []
  #waiters = new Set<() => void>()

  constructor(name: string, url: string, auth: Omit<MessagingAuth, "v" | "appId">, clock: Clock) {
    this.name = name
    this.#clock = clock
    this.#socket = io(`${url}/messaging`, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      auth: { v: 1, appId: "demo", deviceId: name, ...auth },
    })
    this.#socket.on("ready", (state: State) => this.#begin(state))
    this.#socket.on("event", (event: FeedEvent) => this.#see(event))
  }

  async ready(): Promise<void> {
    await this.until(`${this.name} is let in`, () => this.#state !== undefined)
  }

  async command<C extends CommandName>(name: C, body: Body<C>): Promise<Result<C>> {
    // The boundary: an acknowledgement carries what the table of commands says.
    const ack = (await this.#socket.timeout(DEADLINE_MS).emitWithAck(name, body)) as Ack<Result<C>>
    if (!ack.ok) throw new Error(`${this.name}: ${name}: ${ack.error.message}`)
    return ack.result
  }

  /** @returns how it went: `merged` if the visitor turned out to be somebody known */
  async login(jwt: string): Promise<string> {
    const { outcome, state } = await this.command("login", { jwt })
    this.#begin(state)
    return outcome
  }

  /** The latest page of its conversation, asked for again. */
  async history(): Promise<readonly Message[]> {
    const { conversations } = await this.command("conversation:list", {})
    const [conversation] = conversations
    if (!conversation) return []
    const { messages } = await this.command("message:list", { conversationId: conversation.id, limit: 100 })
    return messages
  }

  /** What it saw since it was asked last. */
  glance(): readonly Sight[] {
    const sights = this.#sights
    this.#sights = []
    return sights
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return
        this.#waiters.delete(look)
        cancel()
        resolve()
      }
      const cancel = this.#clock.after(DEADLINE_MS, () => {
        this.#waiters.delete(look)
        reject(new Error(`${what}: not within ${DEADLINE_MS} ms`))
      })
      this.#waiters.add(look)
    })
  }

  close(): void {
    this.#socket.disconnect()
  }

  /** A state replaces everything that was known. */
  #begin(state: State): void {
    this.#state = state
    this.held.length = 0
    this.#hold(state.conversations ?? [])
    this.#wake()
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
    this.#wake()
  }

  /** @returns how many of their messages were news */
  #hold(conversations: readonly Conversation[]): number {
    const messages = conversations.flatMap((conversation) => conversation.messages ?? [])
    const news = messages.filter(({ id }) => !this.held.includes(id))
    this.held.push(...news.map(({ id }) => id))
    return news.length
  }

  #wake(): void {
    for (const look of this.#waiters) look()
  }
}
