/** The other nodes, each for as long as it is heard of. */
import type { Clock } from "../../lib/clock.ts"
import type { Beat, Claim } from "./message.ts"
import type { Tally } from "./tally.ts"

/** Three beats of a node may be lost, and not the users that it has. */
export const TTL_MS = 25_000

interface Peer {
  readonly forget: () => void
  /** The beat that is coming in. */
  incoming: { readonly beat: number; readonly parts: Set<number>; readonly claims: Set<Claim> } | undefined
}

export class Peers {
  readonly #clock: Clock
  readonly #tally: Tally
  readonly #known = new Map<string, Peer>()

  constructor(clock: Clock, tally: Tally) {
    this.#clock = clock
    this.#tally = tally
  }

  /** A sign of life: whatever the node claims holds for another while. */
  heard(node: string): void {
    const known = this.#known.get(node)
    known?.forget()
    const forget = this.#clock.after(TTL_MS, () => this.gone(node))
    this.#known.set(node, { forget, incoming: known?.incoming })
  }

  /** A beat with a hole in it changes nothing; the next one will. */
  beat({ node, beat, part, parts, claims }: Beat): void {
    const peer = this.#known.get(node)
    if (!peer) return
    if (peer.incoming?.beat !== beat) peer.incoming = { beat, parts: new Set(), claims: new Set() }
    peer.incoming.parts.add(part)
    for (const claim of claims) peer.incoming.claims.add(claim)
    if (peer.incoming.parts.size < parts) return
    this.#tally.replace(node, peer.incoming.claims)
    peer.incoming = undefined
  }

  gone(node: string): void {
    this.#known.get(node)?.forget()
    this.#known.delete(node)
    this.#tally.forget(node)
  }

  /** What they claim stays as it is; nobody is waited for any more. */
  stop(): void {
    for (const { forget } of this.#known.values()) forget()
    this.#known.clear()
  }
}
