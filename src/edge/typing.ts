/** Somebody is typing: a signal that may be lost, carried by the Socket.IO adapter, ended by the hub (PROTOCOL 3.2). */
import { endUser } from "../app/actor.ts"
import type { Clock } from "../lib/clock.ts"
import type { SignalData } from "../protocol/events.ts"
import { roomName } from "./rooms.ts"
import type { Session } from "./session.ts"

const TYPING_MS = 10_000

/** Sends a signal to all sockets of a room, on every node, except to the one that caused it. */
export type Signal = (room: string, except: string, data: SignalData["typing"]) => void

export class Typing {
  readonly #clock: Clock
  readonly #signal: Signal
  readonly #running = new Map<string, () => void>()

  constructor(clock: Clock, signal: Signal) {
    this.#clock = clock
    this.#signal = signal
  }

  /** @throws HubError `not_found` for a conversation that is not the session's */
  async change(session: Session, conversationId: string, active: boolean): Promise<void> {
    const { app, device, identity, wire } = session
    const who = {
      userId: identity.userId,
      proven: session.proven,
      deviceId: device.id,
      channel: device.channel,
    }
    const actor = endUser(app, who, this.#clock.now())
    const writer = await actor.load()
    const { record } = await actor.conversation(conversationId, writer)
    const tell = (now: boolean): void =>
      this.#signal(roomName(app.id, writer.id), wire.id, {
        conversationId: record.id,
        author: { type: "user", id: writer.id },
        active: now,
      })
    const name = `${wire.id} ${record.id}`
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
