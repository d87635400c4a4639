/** The other nodes of the hub, each for as long as its messages arrive. */
import type { Clock } from "../../lib/clock.ts"
import type { PresenceCounter } from "./presence-counter.ts"
import type { PresenceKey, RosterPart } from "./presence-message.ts"

/** Up to three beats of a node may be lost before its users count as gone. */
export const TTL_MS = 25_000

interface Peer {
  readonly forget: () => void
  /** The parts of a roster that have come so far. */
  incoming:
    | { readonly roster: number; readonly parts: Set<number>; readonly keys: Set<PresenceKey> }
    | undefined
}

export class Peers {
  readonly #clock: Clock
  readonly #counter: PresenceCounter
  readonly #known = new Map<string, Peer>()

  constructor(clock: Clock, counter: PresenceCounter) {
    this.#clock = clock
    this.#counter = counter
  }

  get any(): boolean {
    return this.#known.size > 0
  }

  has(node: string): boolean {
    return this.#known.has(node)
  }

  /** The node is alive: its keys count for another `TTL_MS`. */
  receive(node: string): void {
    const known = this.#known.get(node)
    known?.forget()
    const forget = this.#clock.after(TTL_MS, () => this.remove(node))
    this.#known.set(node, { forget, incoming: known?.incoming })
  }

  /** A part of a roster. Only complete rosters count; if a part is lost, the next beat shows that it is missing. */
  roster({ node, roster, part, parts, keys }: RosterPart): void {
    const peer = this.#known.get(node)
    if (!peer) return
    if (peer.incoming?.roster !== roster) peer.incoming = { roster, parts: new Set(), keys: new Set() }
    peer.incoming.parts.add(part)
    for (const key of keys) peer.incoming.keys.add(key)
    if (peer.incoming.parts.size < parts) return
    this.#counter.replace(node, peer.incoming.keys)
    peer.incoming = undefined
  }

  remove(node: string): void {
    this.#known.get(node)?.forget()
    this.#known.delete(node)
    this.#counter.forget(node)
  }

  /** Stops the timers; the keys of the other nodes stay. */
  stop(): void {
    for (const { forget } of this.#known.values()) forget()
    this.#known.clear()
  }
}
