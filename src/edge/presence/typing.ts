/** Typing: a signal that may be lost, carried by the Socket.IO adapter, ended by the hub (docs/protocol.md 3.2). */
import { type Actor, inConversation } from "../../app/actor.ts"
import type { App } from "../../app/app.ts"
import type { Clock } from "../../lib/clock.ts"
import type { SignalData } from "../../protocol/events.ts"

const TYPING_MS = 10_000

/** Who gets a typing signal: the devices of the user, and the consoles that watch the conversation. */
export interface TypingAudience {
  readonly appId: string
  readonly userId: string
  readonly conversationId: string
  readonly assigneeId: string | undefined
}

/** Sends a signal on every node, except to the socket that caused it. */
export type Signal = (place: TypingAudience, except: string, data: SignalData["typing"]) => void

/** An unchanged signal is repeated after this time at the earliest. */
const REPEAT_MS = 3_000
/** A changed signal is sent after this time at the earliest, with the state that it has then. */
const SETTLE_MS = 500

/** The author of one socket in one conversation: the state that was sent last, and the present one. */
interface Typist {
  told: boolean
  toldAt: number
  active: boolean
  cancelEnd: () => void
  cancelTelling: () => void
}

export class Typing {
  readonly #clock: Clock
  readonly #signal: Signal
  readonly #typists = new Map<string, Typist>()

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
    const name = `${socket} ${record.id}`
    const typist = this.#typists.get(name) ?? newTypist()
    this.#typists.set(name, typist)
    const tell = (): void => {
      typist.told = typist.active
      typist.toldAt = this.#clock.now()
      const { active } = typist
      this.#signal(place, socket, { conversationId: record.id, author: actor.author, active })
      // An ended one is kept until another signal may be sent.
      if (!active) typist.cancelTelling = this.#clock.after(SETTLE_MS, () => this.#forget(name, typist))
    }
    typist.active = active
    typist.cancelEnd()
    typist.cancelTelling()
    typist.cancelEnd = active ? this.#clock.after(TYPING_MS, () => this.#end(typist, tell)) : () => undefined
    const since = this.#clock.now() - typist.toldAt
    const wait = typist.told === active ? (active ? REPEAT_MS : Number.POSITIVE_INFINITY) : SETTLE_MS
    if (since >= wait) tell()
    else if (typist.told !== active) typist.cancelTelling = this.#clock.after(SETTLE_MS - since, tell)
    else if (!active) typist.cancelTelling = this.#clock.after(SETTLE_MS, () => this.#forget(name, typist))
  }

  #end(typist: Typist, tell: () => void): void {
    typist.active = false
    typist.cancelTelling()
    if (typist.told) tell()
  }

  #forget(name: string, typist: Typist): void {
    if (this.#typists.get(name) === typist && !typist.active) this.#typists.delete(name)
  }
}

const newTypist = (): Typist => ({
  told: false,
  toldAt: Number.NEGATIVE_INFINITY,
  active: false,
  cancelEnd: () => undefined,
  cancelTelling: () => undefined,
})
