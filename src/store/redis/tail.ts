/**
 * The end of one followed log. Announcements are hints, the log is the truth: an announced entry that follows the last one is
 * delivered, an old one is dropped, and in any other case (a hole, other entries under known numbers, doubt) the log itself
 * is read on ([S9]).
 */
import { SmallSet } from "../../lib/small-set.ts"
import type { Entry, Follower, Head, LogKey, PartitionName } from "../contract.ts"
import { headOf, headText, isSame } from "./stream-entry.ts"

export interface Announced {
  /** Tag of the entry before it; "" for the first of a log. */
  readonly previous: string
  readonly entry: Entry
}

/** How a log goes on from an entry: or does not, because that entry is no longer there ([S10]). */
export type Continuation =
  | { readonly kind: "continues"; readonly entries: readonly Entry[]; readonly more: boolean }
  | { readonly kind: "broken"; readonly head: Head }

/** A log as the store names it. */
export interface LogName {
  readonly partition: PartitionName
  readonly log: LogKey
}

/** Reads on after `last`; does not give up before the store is closed, then answers `undefined`. */
export type ReadOn = (name: LogName, last: Head) => Promise<Continuation | undefined>

/** Announcements held while the log is read. With more of them they are dropped, and the log is read once more. */
const MAX_HELD = 1_000

type Received = Entry | { readonly brokenAt: Head }

/** One follower. Until the head is known after which it begins, it keeps what it receives. */
export class TailFollower {
  readonly #tail: Tail
  readonly #follower: Follower
  #kept: Received[] | undefined = []
  #from = 0

  constructor(tail: Tail, follower: Follower) {
    this.#tail = tail
    this.#follower = follower
  }

  hear(received: Received): void {
    if (this.#kept) this.#kept.push(received)
    else if ("brokenAt" in received) {
      this.#from = 0
      this.#follower.broken(received.brokenAt)
    } else if (received.n > this.#from) this.#follower.entry(received)
  }

  begin(head: Head): void {
    const kept = this.#kept ?? []
    this.#kept = undefined
    this.#from = head?.n ?? 0
    for (const received of kept) this.hear(received)
    this.#tail.begin(head)
  }

  leave(): void {
    this.#tail.left(this)
  }
}

export class Tail {
  readonly #name: LogName
  readonly #readOn: ReadOn
  readonly #members = new SmallSet<TailFollower>()
  #last: Head
  /** Held while reading on, and before the first head is known. */
  #held: Announced[] | undefined = []
  #begun = false
  #again = false

  constructor(name: LogName, readOn: ReadOn) {
    this.#name = name
    this.#readOn = readOn
  }

  get idle(): boolean {
    return this.#members.size === 0
  }

  join(follower: Follower): TailFollower {
    const member = new TailFollower(this, follower)
    this.#members.add(member)
    return member
  }

  left(member: TailFollower): void {
    this.#members.delete(member)
  }

  /** A member has begun. */
  begin(head: Head): void {
    if (this.#begun) return
    this.#begun = true
    this.#last = head
    this.#release()
  }

  hear(announced: Announced): void {
    if (this.#held) {
      if (this.#held.push(announced) <= MAX_HELD) return
      this.#held = []
      this.#again = true
      return
    }
    const { entry, previous } = announced
    const { at, n, tag } = this.#last ?? { at: 0, n: 0, tag: "" }
    if (entry.n === n + 1 && previous === tag) this.#deliver(entry)
    // Delivered before: a smaller number and no later time. In a store that lost its tail the time would be later.
    else if (isSame(entry, this.#last) || (entry.n < n && entry.at <= at)) return
    else this.catchUp()
  }

  /**
   * @param head of the log, as `headText` writes it; where it differs the log is read on, even if the announcement is
   * just under way
   */
  compare(head: string): void {
    if (this.#begun && head !== headText(this.#last)) this.catchUp()
  }

  /** Reads on until nothing is missing. */
  catchUp(): void {
    this.#again = true
    if (this.#held) return
    this.#held = []
    void this.#run()
  }

  async #run(): Promise<void> {
    for (let more = true; more || this.#again; ) {
      this.#again = false
      const found = await this.#readOn(this.#name, this.#last)
      // No follower is left.
      if (!found || this.idle) break
      more = found.kind === "continues" && found.more
      if (found.kind === "continues") for (const entry of found.entries) this.#deliver(entry)
      else {
        this.#last = found.head
        for (const member of this.#members) member.hear({ brokenAt: found.head })
      }
    }
    this.#release()
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const announced of held) this.hear(announced)
    if (this.#again) this.catchUp()
  }

  #deliver(entry: Entry): void {
    this.#last = headOf(entry)
    for (const member of this.#members) member.hear(entry)
  }
}
