/**
 * Who is online (docs/protocol.md 3.3, 6): a sum over the nodes. Each sends its own keys – a change at once, and all of
 * them with every beat, so that lost messages are made up for. The users of a node that falls silent count as gone after
 * a while. Presence is a signal: no promise may depend on it.
 */

import type { Clock } from "../../lib/clock.ts"
import type { UserId } from "../../protocol/branded.ts"
import { Peers } from "./peers.ts"
import { PresenceCounter } from "./presence-counter.ts"
import {
  agentsKey,
  beatOf,
  type PresenceKey,
  type PresenceMessage,
  presenceMessage,
  userKey,
} from "./presence-message.ts"

export const BEAT_MS = 8_000
/** A page that is reloaded within this time was never offline. */
export const OFFLINE_DELAY_MS = 2_000

export interface PresenceParts {
  readonly clock: Clock
  /** Names this run of the node. */
  readonly node: string
  /** Carries a message to every other node; it may be lost. */
  readonly send: (message: PresenceMessage) => void
}

type OnUser = (appId: string, userId: UserId, online: boolean) => void
type OnAgents = (appId: string, online: boolean) => void

export class Presence {
  readonly #parts: PresenceParts
  readonly #counter: PresenceCounter
  readonly #peers: Peers
  readonly #agents = new Map<string, Set<string>>()
  /** Keys of this node whose last socket has gone, each with the function that cancels its withdrawal. */
  readonly #leaving = new Map<PresenceKey, () => void>()
  readonly #onUser: OnUser[] = []
  readonly #onAgents: OnAgents[] = []
  #linked = false
  #stopped = false
  #beats = 0
  #cancelBeat: () => void = () => undefined

  constructor(parts: PresenceParts) {
    this.#parts = parts
    this.#counter = new PresenceCounter((presenceKey, holds) => this.#tell(presenceKey, holds))
    this.#peers = new Peers(parts.clock, this.#counter)
  }

  online(appId: string, userId: UserId): boolean {
    return this.#counter.holds(userKey(appId, userId))
  }

  agentsOnline(appId: string): boolean {
    return this.#counter.holds(agentsKey(appId))
  }

  /** Called when a user's first device on any node has connected, and when the last one has gone. */
  onUser(listener: OnUser): void {
    this.#onUser.push(listener)
  }

  /** Called when the first agent of an app has connected, on any node, and when the last one has gone. */
  onAgents(listener: OnAgents): void {
    this.#onAgents.push(listener)
  }

  /** This node has its first socket of the user. */
  userJoined(appId: string, userId: UserId): void {
    this.#come(userKey(appId, userId))
  }

  /** This node has no socket of the user any more. */
  userLeft(appId: string, userId: UserId): void {
    this.#go(userKey(appId, userId))
  }

  agentJoined(appId: string, socketId: string): void {
    const sockets = this.#agents.get(appId) ?? new Set()
    this.#agents.set(appId, sockets.add(socketId))
    this.#come(agentsKey(appId))
  }

  agentLeft(appId: string, socketId: string): void {
    const sockets = this.#agents.get(appId)
    if (!sockets?.delete(socketId) || sockets.size > 0) return
    this.#agents.delete(appId)
    this.#go(agentsKey(appId))
  }

  /** From now on there are other nodes. A node that is alone need not start. */
  start(): void {
    this.#linked = true
    this.#send({ kind: "hello", node: this.#parts.node })
    this.#beat()
  }

  /** Withdraws this node's keys at the others; afterwards nothing is sent or reported and no timer runs. */
  stop(): void {
    this.#stopped = true
    this.#cancelBeat()
    for (const cancel of this.#leaving.values()) cancel()
    this.#leaving.clear()
    this.#send({ kind: "bye", node: this.#parts.node })
    this.#linked = false
    this.#peers.stop()
  }

  /** @param input what another node's `send` was given */
  receive(input: unknown): void {
    const { success, data: message } = presenceMessage.safeParse(input)
    if (!this.#linked || !success || message.node === this.#parts.node) return
    const { node } = message
    // A node without peers announces no changes, so a new peer is sent all keys.
    const isNew = !this.#peers.has(node)
    if (message.kind !== "bye") this.#peers.receive(node)
    if (message.kind === "hello" || (isNew && message.kind !== "bye")) this.#sendAll()
    switch (message.kind) {
      case "hello":
        return
      case "beat":
        this.#peers.beat(message)
        return
      case "change":
        if (message.here) this.#counter.make(node, message.presenceKey)
        else this.#counter.withdraw(node, message.presenceKey)
        return
      case "bye":
        this.#peers.remove(node)
    }
  }

  #come(presenceKey: PresenceKey): void {
    this.#leaving.get(presenceKey)?.()
    this.#leaving.delete(presenceKey)
    this.#change(presenceKey, true)
  }

  #go(presenceKey: PresenceKey): void {
    if (this.#stopped) return
    this.#leaving.get(presenceKey)?.()
    const withdraw = (): void => {
      this.#leaving.delete(presenceKey)
      this.#change(presenceKey, false)
    }
    this.#leaving.set(presenceKey, this.#parts.clock.after(OFFLINE_DELAY_MS, withdraw))
  }

  #change(presenceKey: PresenceKey, here: boolean): void {
    const { node } = this.#parts
    const changed = here ? this.#counter.make(node, presenceKey) : this.#counter.withdraw(node, presenceKey)
    if (changed && this.#peers.any) this.#send({ kind: "change", node, presenceKey, here })
  }

  #beat(): void {
    this.#sendAll()
    this.#cancelBeat = this.#parts.clock.after(BEAT_MS, () => this.#beat())
  }

  #sendAll(): void {
    const { node } = this.#parts
    this.#beats += 1
    for (const part of beatOf(node, this.#beats, this.#counter.of(node))) this.#send(part)
  }

  #send(message: PresenceMessage): void {
    if (this.#linked) this.#parts.send(message)
  }

  #tell(presenceKey: PresenceKey, holds: boolean): void {
    if (this.#stopped) return
    const [appId = "", userId] = presenceKey.split(" ")
    if (userId === undefined) for (const listener of this.#onAgents) listener(appId, holds)
    else for (const listener of this.#onUser) listener(appId, userId, holds)
  }
}
