/** What a person does with a device: the commands of 3.2, over a connection that judges what comes back. */
import { randomUUID } from "node:crypto"
import { type Connection, DeviceConnection, granted, Refused, refusal } from "./device-connection.ts"
import { type Command, type Message, type Result, results, type WireError } from "./shapes.ts"
import { type ShownConversation, shownConversation, textOf } from "./view.ts"

export { type Connection, Refused } from "./device-connection.ts"

export class Device extends DeviceConnection {
  async ask<C extends Command>(name: C, body: unknown): Promise<Result<C>> {
    return results[name].parse(granted(await this.raw(name, body))) as Result<C>
  }

  /** The refusal of a command that must not succeed. */
  async refused(name: string, body: unknown): Promise<WireError> {
    return refusal(name, await this.raw(name, body))
  }

  async code(name: string, body: unknown): Promise<string> {
    return (await this.refused(name, body)).code
  }

  /** Sends a text and waits until the feed has brought it back. */
  async send(text: string, more: Record<string, unknown> = {}): Promise<Result<"message:send">> {
    const body = { localId: randomUUID(), content: { type: "text", text }, ...more }
    const result = await this.ask("message:send", body)
    if (!result.duplicate) await this.until(`own "${text}"`, () => this.view.has(result.message.id))
    return result
  }

  /** Waits until everything stored so far is in the view. */
  async settle(): Promise<void> {
    const answer = await this.ask("sync", { cursor: this.view.cursor })
    if (!answer.resumed) throw new Error("the latest cursor of the device was not resumed")
    const last = answer.events.at(-1)?.offset ?? 0
    await this.until(`offset ${last}`, () => (this.view.offset ?? 0) >= last)
  }

  /** Sends and keeps sending the same localId until it is acknowledged, as 3.2 asks of clients. */
  async deliver(
    text: string,
    again: () => Promise<unknown>,
  ): Promise<{ message: Message; refusals: number }> {
    const localId = randomUUID()
    for (let refusals = 0; ; refusals++) {
      try {
        return { message: (await this.send(text, { localId })).message, refusals }
      } catch (error) {
        const moved =
          error instanceof Refused && ["session_consumed", "token_expired"].includes(error.error.code)
        if (!moved || refusals > 3) throw error
        await again()
      }
    }
  }

  async login(jwt: string): Promise<Result<"login">> {
    const result = await this.ask("login", { jwt })
    this.connection.jwt = jwt
    return result
  }

  async logout(): Promise<Result<"logout">> {
    delete this.connection.jwt
    return await this.ask("logout", {})
  }

  /** A command and its ack on this very socket: whatever was sent to it before has arrived. */
  async roundTrip(): Promise<void> {
    await this.raw("conversation:list", {})
  }

  /** Every message of a conversation, read page by page. */
  async history(conversationId: string, limit = 100): Promise<Message[]> {
    const all: Message[] = []
    for (let before: string | undefined; ; before = all[0]?.position) {
      const page = await this.ask("message:list", { conversationId, limit, ...(before && { before }) })
      all.unshift(...page.messages)
      if (!page.more || page.messages.length === 0) return all
    }
  }

  /** Everything, fetched afresh. */
  async fetch(): Promise<ShownConversation[]> {
    const all: ShownConversation[] = []
    for (let before: string | undefined; ; ) {
      const page = await this.ask("conversation:list", { ...(before && { before }) })
      for (const facts of page.conversations)
        all.push(shownConversation(facts, await this.history(facts.id), false))
      if (!page.next) return all.sort((a, b) => (a.id < b.id ? -1 : 1))
      before = page.next
    }
  }

  /** Closes and gives back what is needed to come back through the cursor. */
  leave(): Partial<Connection> {
    const { cursor, offset } = this.view
    const { sessionToken, device } = this.state ?? {}
    this.socket.disconnect()
    return {
      cursor,
      ...(device && { deviceId: device.id, channel: device.channel }),
      ...(sessionToken && { sessionToken }),
      ...(offset !== undefined && { offset }),
    }
  }

  get userId(): string {
    return this.view.user?.id ?? ""
  }

  get deviceId(): string {
    return this.state?.device.id ?? ""
  }

  get sessionToken(): string {
    if (!this.state?.sessionToken) throw new Error("this device has no session token")
    return this.state.sessionToken
  }

  /** The only conversation there is. */
  get conversationId(): string {
    const [only, ...others] = this.view.conversations()
    if (!only || others.length > 0) throw new Error(`${others.length + (only ? 1 : 0)} conversations`)
    return only.id
  }
}

export const texts = (messages: Message[]): string[] => messages.map(textOf)
