/**
 * Typing: a signal that may be lost, carried by the Socket.IO adapter (docs/protocol.md 3.2). It ends with the message
 * that was typed, with the socket it came from, and by itself.
 */

import { type Actor, inConversation } from "../../app/actor.ts"
import type { App } from "../../app/app.ts"
import type { Clock } from "../../lib/clock.ts"
import type { ConversationId, UserId } from "../../protocol/branded.ts"
import type { SignalData } from "../../protocol/events.ts"

const TYPING_MS = 10_000

/** Who gets a typing signal: the devices of the user, and the consoles that watch the conversation. */
export interface TypingAudience {
  readonly appId: string
  readonly userId: UserId
  readonly conversationId: ConversationId
  readonly assigneeId: string | undefined
}

/** Sends a signal on every node, except to the socket that caused it. */
export type SendTyping = (audience: TypingAudience, except: string, data: SignalData["typing"]) => void

/** An unchanged signal is repeated after this time at the earliest. */
const REPEAT_MS = 3_000
/** A changed signal is sent after this time at the earliest, with the state that it has then. */
const SETTLE_MS = 500

/** The socket that its author types on. */
export interface TypingSocket {
  readonly id: string
  /** Whether its author may still act through it. */
  readonly present: () => boolean
}

/** The author of one socket in one conversation: the state that was sent last, and the present one. */
interface Typist {
  sent: boolean
  sentAt: number
  active: boolean
  cancelEnd: () => void
  cancelSending: () => void
  send: () => void
}

export class Typing {
  readonly #clock: Clock
  readonly #signal: SendTyping
  /** By socket, then by conversation. */
  readonly #typists = new Map<string, Map<string, Typist>>()

  constructor(clock: Clock, signal: SendTyping) {
    this.#clock = clock
    this.#signal = signal
  }

  /** @throws HubError `not_found` for a conversation that is not the actor's */
  async change(
    app: App,
    actor: Actor,
    socket: TypingSocket,
    conversationId: ConversationId,
    active: boolean,
  ): Promise<void> {
    const { record, writer } = await inConversation(app, actor, conversationId)
    if (!socket.present()) return
    const audience = {
      appId: app.id,
      userId: writer.id,
      conversationId: record.id,
      assigneeId: record.ticket?.assigneeId,
    }
    const typist = this.#typist(socket.id, record.id)
    typist.send = (): void => {
      typist.sent = typist.active
      typist.sentAt = this.#clock.now()
      const { active } = typist
      this.#signal(audience, socket.id, { conversationId: record.id, author: actor.author, active })
      // Kept until the next signal may be sent, so that the pause between signals holds.
      if (!active) typist.cancelSending = this.#forgetLater(socket.id, record.id, typist)
    }
    typist.active = active
    typist.cancelEnd()
    typist.cancelSending()
    typist.cancelEnd = active
      ? this.#clock.after(TYPING_MS, () => this.#end(socket.id, record.id, typist))
      : () => undefined
    const since = this.#clock.now() - typist.sentAt
    const wait = typist.sent === active ? (active ? REPEAT_MS : Number.POSITIVE_INFINITY) : SETTLE_MS
    if (since >= wait) typist.send()
    else if (typist.sent !== active) typist.cancelSending = this.#clock.after(SETTLE_MS - since, typist.send)
    else if (!active) typist.cancelSending = this.#forgetLater(socket.id, record.id, typist)
  }

  /**
   * A message was sent there, so its author is not typing any more. Signalled at once, without the usual pause: sends
   * are limited.
   */
  sent(socket: string, conversationId: ConversationId): void {
    const typist = this.#typists.get(socket)?.get(conversationId)
    if (typist?.active) this.#end(socket, conversationId, typist)
  }

  /** The socket is gone, or has another user: its typing signals end. */
  left(socket: string): void {
    const typists = this.#typists.get(socket)
    if (!typists) return
    for (const [conversationId, typist] of typists) {
      if (typist.active) this.#end(socket, conversationId, typist)
      typist.cancelSending()
    }
    this.#typists.delete(socket)
  }

  #typist(socket: string, conversationId: ConversationId): Typist {
    const typists = this.#typists.get(socket) ?? new Map<string, Typist>()
    this.#typists.set(socket, typists)
    const typist = typists.get(conversationId) ?? newTypist()
    typists.set(conversationId, typist)
    return typist
  }

  #end(socket: string, conversationId: ConversationId, typist: Typist): void {
    typist.active = false
    typist.cancelEnd()
    typist.cancelSending()
    if (typist.sent) typist.send()
    else typist.cancelSending = this.#forgetLater(socket, conversationId, typist)
  }

  #forgetLater(socket: string, conversationId: ConversationId, typist: Typist): () => void {
    return this.#clock.after(SETTLE_MS, () => {
      const typists = this.#typists.get(socket)
      if (typist.active || typists?.get(conversationId) !== typist) return
      typists.delete(conversationId)
      if (typists.size === 0) this.#typists.delete(socket)
    })
  }
}

const newTypist = (): Typist => ({
  sent: false,
  sentAt: Number.NEGATIVE_INFINITY,
  active: false,
  cancelEnd: () => undefined,
  cancelSending: () => undefined,
  send: () => undefined,
})
