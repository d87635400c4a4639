/**
 * Who is there (PROTOCOL 3.3, 6): a sum over the nodes, of which each tells what it has – a change at once, and
 * everything with every beat, so that whatever was lost on the way heals. A node that falls silent has nobody any
 * more after a while. Presence is a signal: nothing correct may depend on it.
 */
import type { Clock } from "../lib/clock.ts"
import {
  agentsClaim,
  beatOf,
  type Claim,
  type PresenceMessage,
  presenceMessage,
  userClaim,
} from "./presence/message.ts"
import { Peers } from "./presence/peers.ts"
import { Tally } from "./presence/tally.ts"

export const BEAT_MS = 8_000
/** A page that is loaded again is the same visitor, who was never away. */
export const LINGER_MS = 2_000

export interface PresenceParts {
  readonly clock: Clock
  /** Names this run of the node. */
  readonly node: string
  /** Carries a message to every other node; it may be lost. */
  readonly send: (message: PresenceMessage) => void
}

type OnUser = (appId: string, userId: string, online: boolean) => void
type OnAgents = (appId: string, online: boolean) => void

export class Presence {
  readonly #parts: PresenceParts
  readonly #tally: Tally
  readonly #peers: Peers
  readonly #agents = new Map<string, Set<string>>()
  /** Claims of this node whose last socket has gone, and what keeps them from being withdrawn. */
  readonly #leaving = new Map<Claim, () => void>()
  readonly #onUser: OnUser[] = []
  readonly #onAgents: OnAgents[] = []
  #linked = false
  #stopped = false
  #beats = 0
  #cancelBeat: () => void = () => undefined

  constructor(parts: PresenceParts) {
    this.#parts = parts
    this.#tally = new Tally((claim, holds) => this.#tell(claim, holds))
    this.#peers = new Peers(parts.clock, this.#tally)
  }

  online(appId: string, userId: string): boolean {
    return this.#tally.holds(userClaim(appId, userId))
  }

  agentsOnline(appId: string): boolean {
    return this.#tally.holds(agentsClaim(appId))
  }

  /** Called when a user's first device on any node has come, and when the last one has gone. */
  onUser(listener: OnUser): void {
    this.#onUser.push(listener)
  }

  /** Called when the first agent of an app has come, on any node, and when the last one has gone. */
  onAgents(listener: OnAgents): void {
    this.#onAgents.push(listener)
  }

  /** This node has its first socket of the user. */
  userJoined(appId: string, userId: string): void {
    this.#come(userClaim(appId, userId))
  }

  /** This node has no socket of the user any more. */
  userLeft(appId: string, userId: string): void {
    this.#go(userClaim(appId, userId))
  }

  agentJoined(appId: string, socketId: string): void {
    const sockets = this.#agents.get(appId) ?? new Set()
    this.#agents.set(appId, sockets.add(socketId))
    this.#come(agentsClaim(appId))
  }

  agentLeft(appId: string, socketId: string): void {
    const sockets = this.#agents.get(appId)
    if (!sockets?.delete(socketId) || sockets.size > 0) return
    this.#agents.delete(appId)
    this.#go(agentsClaim(appId))
  }

  /** From now on there are other nodes. A node that is alone need not start. */
  start(): void {
    this.#linked = true
    this.#send({ kind: "hello", node: this.#parts.node })
    this.#beat()
  }

  /** Withdraws what this node has, for the others; nothing is sent, told or waited for afterwards. */
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
    if (message.kind !== "bye") this.#peers.heard(node)
    switch (message.kind) {
      case "hello":
        this.#sendAll()
        return
      case "beat":
        this.#peers.beat(message)
        return
      case "change":
        if (message.here) this.#tally.make(node, message.claim)
        else this.#tally.withdraw(node, message.claim)
        return
      case "bye":
        this.#peers.gone(node)
    }
  }

  #come(claim: Claim): void {
    this.#leaving.get(claim)?.()
    this.#leaving.delete(claim)
    this.#change(claim, true)
  }

  #go(claim: Claim): void {
    if (this.#stopped) return
    this.#leaving.get(claim)?.()
    const withdraw = (): void => {
      this.#leaving.delete(claim)
      this.#change(claim, false)
    }
    this.#leaving.set(claim, this.#parts.clock.after(LINGER_MS, withdraw))
  }

  #change(claim: Claim, here: boolean): void {
    const { node } = this.#parts
    const changed = here ? this.#tally.make(node, claim) : this.#tally.withdraw(node, claim)
    if (changed) this.#send({ kind: "change", node, claim, here })
  }

  #beat(): void {
    this.#sendAll()
    this.#cancelBeat = this.#parts.clock.after(BEAT_MS, () => this.#beat())
  }

  #sendAll(): void {
    const { node } = this.#parts
    this.#beats += 1
    for (const part of beatOf(node, this.#beats, this.#tally.of(node))) this.#send(part)
  }

  #send(message: PresenceMessage): void {
    if (this.#linked) this.#parts.send(message)
  }

  #tell(claim: Claim, holds: boolean): void {
    if (this.#stopped) return
    const [appId = "", userId] = claim.split(" ")
    if (userId === undefined) for (const listener of this.#onAgents) listener(appId, holds)
    else for (const listener of this.#onUser) listener(appId, userId, holds)
  }
}
