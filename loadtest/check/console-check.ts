/** Checks what an agent's console sees: the messages of all rooms. Their devices live in other processes, so rows are compared by their chains. */
import { chained, EMPTY_CHAIN } from "./key.ts"
import type { Verdict } from "./verdict.ts"

/** What was seen of a room: how many messages, and in which order. */
export interface RoomRow {
  readonly room: number
  readonly length: number
  readonly chain: number
}

interface Seen {
  length: number
  chain: number
  /** By sender: which of their messages, and the latest of them. */
  readonly senders: { readonly seen: boolean[]; last: number }[]
}

export class ConsoleCheck {
  readonly #rooms = new Map<number, Seen>()
  #doubled = 0
  #reordered = 0
  #leaked = 0

  received(room: number, sender: number, n: number): void {
    let seen = this.#rooms.get(room)
    if (!seen) {
      seen = { length: 0, chain: EMPTY_CHAIN, senders: [] }
      this.#rooms.set(room, seen)
    }
    const from = seen.senders[sender] ?? { seen: [], last: -1 }
    seen.senders[sender] = from
    if (from.seen[n]) this.#doubled += 1
    else if (n < from.last) this.#reordered += 1
    from.seen[n] = true
    from.last = Math.max(from.last, n)
    seen.length += 1
    seen.chain = chained(seen.chain, sender, n)
  }

  strange(): void {
    this.#leaked += 1
  }

  get length(): number {
    let length = 0
    for (const seen of this.#rooms.values()) length += seen.length
    return length
  }

  verdict(rows: readonly RoomRow[]): Omit<Verdict, "refused"> {
    let lost = 0
    let reordered = this.#reordered
    for (const { room, length, chain } of rows) {
      const seen = this.#rooms.get(room)
      lost += Math.max(0, length - (seen?.length ?? 0))
      if (seen && seen.length === length && seen.chain !== chain) reordered += 1
    }
    return { lost, doubled: this.#doubled, reordered, leaked: this.#leaked }
  }
}
