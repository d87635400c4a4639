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
  /** By sender: the last number. */
  readonly last: number[]
}

export class ConsoleCheck {
  readonly #rooms = new Map<number, Seen>()
  #doubled = 0
  #leaked = 0

  received(room: number, sender: number, n: number): void {
    let seen = this.#rooms.get(room)
    if (!seen) {
      seen = { length: 0, chain: EMPTY_CHAIN, last: [] }
      this.#rooms.set(room, seen)
    }
    // A sender's messages come in the order in which they were sent, so one that is not newer was there before.
    if (n <= (seen.last[sender] ?? -1)) this.#doubled += 1
    seen.last[sender] = n
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
    let reordered = 0
    for (const { room, length, chain } of rows) {
      const seen = this.#rooms.get(room)
      lost += Math.max(0, length - (seen?.length ?? 0))
      if (seen && seen.length === length && seen.chain !== chain) reordered += 1
    }
    return { lost, doubled: this.#doubled, reordered, leaked: this.#leaked }
  }
}
