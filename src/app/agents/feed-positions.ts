/**
 * How far a console has read the agents' feed: one position per partition, as a Kafka topic is read (docs/protocol.md 6).
 *
 * A cursor covers all partitions. With few partitions it names the position in each. With many it says: everything up to this
 * time, and in the partitions that have moved since, up to these entries. The last entries up to that time are not named but
 * looked up again: a log's times never go back, so what lies before a past time does not change. A checksum over these
 * entries tells whether they are the ones that were seen [P2].
 */
import type { Address } from "../../domain/position.ts"
import { FIRST } from "../../domain/position.ts"
import type { Partition } from "../../repository/partition.ts"
import type { App } from "../app.ts"

export type NamedEntry = Address & { readonly tag: string }
const START: NamedEntry = { tag: "", ...FIRST }

/** With at most so many partitions a cursor names the position in each. */
const MAX_NAMED = 4
/**
 * Entries older than this have been announced to every node. If one has not, the checksum of the cursor fails, and it
 * is refused.
 */
const SETTLED_MS = 1_000

/** The last event seen of each partition. */
export class FeedPositions {
  readonly #heads: NamedEntry[]
  /** Over all positions; kept up only where cursors need it. */
  readonly #sum: EntrySum

  constructor(heads: readonly (NamedEntry | undefined)[]) {
    this.#heads = heads.map((head) => head ?? START)
    this.#sum = sumOf(this.#heads.entries())
  }

  at(partition: number): NamedEntry {
    return this.#heads[partition] ?? START
  }

  get heads(): readonly NamedEntry[] {
    return this.#heads
  }

  /** Moves a partition's position forward. Earlier entries may still come after the positions were read anew. */
  pass(partition: number, { at, n, tag }: NamedEntry): void {
    const before = this.at(partition)
    if (n < before.n) return
    this.#heads[partition] = { at, n, tag }
    if (this.#heads.length <= MAX_NAMED) return
    this.#sum.change(partition, before)
    this.#sum.change(partition, this.at(partition))
  }

  /** The partitions in which the other positions are further. */
  behind(others: FeedPositions): number[] {
    return [...this.#heads.keys()].filter((partition) => this.at(partition).n < others.at(partition).n)
  }

  copy(): FeedPositions {
    return new FeedPositions(this.#heads)
  }

  /** @param asOf Unix milliseconds; everything up to `SETTLED_MS` before it has been seen */
  cursor(asOf: number): string {
    if (this.#heads.length <= MAX_NAMED) return this.whole()
    const since = Math.max(0, asOf - SETTLED_MS)
    const rest = this.#sum.copy()
    const moved: string[] = []
    for (const [partition, head] of this.#heads.entries()) {
      if (head.at <= since) continue
      rest.change(partition, head)
      moved.push(nameOf(head, since, partition))
    }
    return ["t", since.toString(36), rest.text(), ...moved].join("~")
  }

  /** With every position named. */
  whole(): string {
    return ["g", ...this.#heads.map((head) => nameOf(head, 0))].join("~")
  }

  /** `undefined`: no cursor of this app, or one whose events the store has not got any more. */
  static async of(app: App, cursor: string): Promise<FeedPositions | undefined> {
    const [form, ...parts] = cursor.split("~")
    if (form === "g") return wholeOf(app, parts)
    if (form === "t") return sinceOf(app, parts)
    return undefined
  }

  static async now(app: App): Promise<FeedPositions> {
    return new FeedPositions(await Promise.all(app.partitions.map((partition) => partition.agentsHead())))
  }
}

function nameOf({ at, n, tag }: NamedEntry, since: number, partition?: number): string {
  const name = `${(at - since).toString(36)}.${n.toString(36)}.${tag}`
  return partition === undefined ? name : `${partition.toString(36)}.${name}`
}

const NAME = /^([0-9a-z]{1,10})\.([0-9a-z]{1,10})\.([\w-]{0,32})$/
const MOVED = /^([0-9a-z]{1,2})\.(.+)$/
const TIME = /^[0-9a-z]{1,10}$/

function parseName(text: string, since: number): NamedEntry | undefined {
  const match = NAME.exec(text)
  if (!match) return undefined
  const [, at = "", n = "", tag = ""] = match
  return { at: since + Number.parseInt(at, 36), n: Number.parseInt(n, 36), tag }
}

function wholeOf(app: App, parts: readonly string[]): FeedPositions | undefined {
  if (parts.length !== app.partitions.length) return undefined
  const heads = parts.flatMap((part) => parseName(part, 0) ?? [])
  return heads.length === parts.length ? new FeedPositions(heads) : undefined
}

async function sinceOf(app: App, [time = "", sum, ...parts]: readonly string[]) {
  if (!TIME.test(time)) return undefined
  const since = Number.parseInt(time, 36)
  const moved = new Map<number, NamedEntry>()
  for (const part of parts) {
    const [, index = "", name = ""] = MOVED.exec(part) ?? []
    const entry = parseName(name, since)
    const partition = Number.parseInt(index, 36)
    if (!entry || !(partition < app.partitions.length) || moved.has(partition)) return undefined
    moved.set(partition, entry)
  }
  const heads = await Promise.all(
    app.partitions.map((partition) => moved.get(partition.index) ?? lastUpTo(partition, since)),
  )
  const rest = [...heads.entries()].filter(([partition]) => !moved.has(partition))
  return sumOf(rest).text() === sum ? new FeedPositions(heads) : undefined
}

async function lastUpTo(partition: Partition, time: number): Promise<NamedEntry> {
  const [entry] = await partition.agents({ before: { at: time, n: Number.MAX_SAFE_INTEGER }, limit: 1 })
  return entry ?? START
}

/** A checksum over entries in any order. Adding an entry and taking it away are the same operation (XOR). */
class EntrySum {
  #high = 0
  #low = 0

  change(partition: number, { at, n, tag }: NamedEntry): void {
    const name = `${partition} ${at} ${n} ${tag}`
    this.#high ^= mixed(name, 0x811c9dc5)
    this.#low ^= mixed(name, 0x9747b28c)
  }

  copy(): EntrySum {
    const copy = new EntrySum()
    copy.#high = this.#high
    copy.#low = this.#low
    return copy
  }

  text(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(36)).join(".")
  }
}

/** FNV-1a with a final mixing. Not cryptographic: a forged cursor gains nothing. */
function mixed(text: string, seed: number): number {
  let hash = seed
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
  return hash ^ (hash >>> 15)
}

function sumOf(entries: Iterable<readonly [number, NamedEntry]>): EntrySum {
  const sum = new EntrySum()
  for (const [partition, entry] of entries) sum.change(partition, entry)
  return sum
}
