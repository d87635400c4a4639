/**
 * Who is online (docs/protocol.md 3.3, 6): a sum over the nodes. Each announces changes of its own keys soon, and with every
 * beat the digest of them all: a node that has lost a message sees that and asks for the roster, so users who stay where they
 * are cost nothing. The users of a node that falls silent count as gone after a while. Presence is a signal: no promise may
 * depend on it.
 */

import type { Clock } from "../../lib/clock.ts"
import type { UserId } from "../../protocol/branded.ts"
import { Peers } from "./peers.ts"
import { PresenceCounter } from "./presence-counter.ts"
import {
  agentsKey,
  type Beat,
  KEYS_PER_PART,
  type PresenceKey,
  type PresenceMessage,
  presenceMessage,
  rosterOf,
  userKey,
} from "./presence-message.ts"

export const BEAT_MS = 8_000
/** A page that is reloaded within this time was never offline. */
export const OFFLINE_DELAY_MS = 2_000

/** Changes of this time go together: users come and go in crowds when a node ends, and every node hears of each. */
export const COLLECT_MS = 50

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
  /** What the peers have not been told yet: whether a key is here. */
  readonly #untold = new Map<PresenceKey, boolean>()
  #cancelTelling: () => void = () => undefined
  #linked = false
  #stopped = false
  #rosters = 0
  /** Whether peers have been sent the roster since the last beat; those who still miss something ask after the next one. */
  #rosterSent = false
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
    this.#cancelTelling()
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
    if (message.kind === "hello" || (isNew && message.kind !== "bye")) this.#sendRoster()
    switch (message.kind) {
      case "hello":
        return
      case "beat":
        this.#compare(message)
        return
      case "ask":
        if (message.of === this.#parts.node && !this.#rosterSent) this.#sendRoster()
        return
      case "roster":
        this.#peers.roster(message)
        return
      case "change":
        for (const key of message.come) this.#counter.make(node, key)
        for (const key of message.gone) this.#counter.withdraw(node, key)
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
    if (!changed || !this.#peers.any) return
    if (this.#untold.size === 0)
      this.#cancelTelling = this.#parts.clock.after(COLLECT_MS, () => this.#tellPeers())
    this.#untold.set(presenceKey, here)
    if (this.#untold.size >= KEYS_PER_PART) this.#tellPeers()
  }

  #tellPeers(): void {
    this.#cancelTelling()
    if (this.#untold.size === 0) return
    const keys = (here: boolean) => [...this.#untold].filter(([, is]) => is === here).map(([key]) => key)
    const [come, gone] = [keys(true), keys(false)]
    this.#untold.clear()
    this.#send({ kind: "change", node: this.#parts.node, come, gone })
  }

  #compare({ node, count, sum }: Beat): void {
    const known = this.#counter.digest(node)
    if (known.count === count && known.sum === sum) return
    this.#send({ kind: "ask", node: this.#parts.node, of: node })
  }

  #beat(): void {
    const { node } = this.#parts
    this.#rosterSent = false
    this.#tellPeers()
    this.#send({ kind: "beat", node, ...this.#counter.digest(node) })
    this.#cancelBeat = this.#parts.clock.after(BEAT_MS, () => this.#beat())
  }

  #sendRoster(): void {
    const { node } = this.#parts
    this.#rosterSent = true
    this.#rosters += 1
    this.#tellPeers()
    for (const part of rosterOf(node, this.#rosters, this.#counter.of(node))) this.#send(part)
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
