/** Somebody is typing: a signal that may be lost, carried by the Socket.IO adapter, ended by the hub (docs/protocol.md 3.2). */
import { type Actor, inConversation } from "../../app/actor.ts"
import type { App } from "../../app/app.ts"
import type { Clock } from "../../lib/clock.ts"
import type { SignalData } from "../../protocol/events.ts"

const TYPING_MS = 10_000

/** Whom somebody's typing is shown to: the devices of the user, and the consoles that watch the conversation. */
export interface TypingAudience {
  readonly appId: string
  readonly userId: string
  readonly conversationId: string
  readonly assigneeId: string | undefined
}

/** Sends a signal on every node, except to the socket that caused it. */
export type Signal = (place: TypingAudience, except: string, data: SignalData["typing"]) => void

export class Typing {
  readonly #clock: Clock
  readonly #signal: Signal
  readonly #running = new Map<string, () => void>()

  constructor(clock: Clock, signal: Signal) {
    this.#clock = clock
    this.#signal = signal
  }

  /** @throws HubError `not_found` for a conversation that is not the actor's */
  async change(
    app: App,
    actor: Actor,
    socket: string,
    conversationId: string,
    active: boolean,
  ): Promise<void> {
    const { record, writer } = await inConversation(app, actor, conversationId)
    const place = {
      appId: app.id,
      userId: writer.id,
      conversationId: record.id,
      assigneeId: record.ticket?.assigneeId,
    }
    const tell = (now: boolean): void =>
      this.#signal(place, socket, {
        conversationId: record.id,
        author: actor.author,
        active: now,
      })
    const name = `${socket} ${record.id}`
    this.#running.get(name)?.()
    this.#running.delete(name)
    tell(active)
    if (!active) return
    const cancel = this.#clock.after(TYPING_MS, () => {
      this.#running.delete(name)
      tell(false)
    })
    this.#running.set(name, cancel)
  }
}
