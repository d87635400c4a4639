/**
 * One change inside a transaction: is its id known, does every expectation hold, then write. Everything is decided
 * before the first put, because a transaction of lmdb-js does not roll back what was put before an error ([S1]).
 */
import type {
  Change,
  Committed,
  Conflict,
  EncodedAppend,
  Entry,
  KnownAnswer,
  LogKey,
  PartitionName,
  Repeated,
} from "../contract.ts"
import { randomTag } from "../tag.ts"
import type { IdempotencyKeys } from "./idempotency-keys.ts"
import { entryKey, nameKey, partitionRange } from "./key-bytes.ts"
import { Pending } from "./pending.ts"
import type { Retention } from "./retention.ts"
import type { Tables } from "./tables.ts"
import { decodeRecord, encodeEntry, encodeRecord, headOf, type LogState } from "./value-bytes.ts"

/** [S15] The partition should hold records, and holds none. */
interface Emptied {
  readonly kind: "emptied"
}
export type Applied = Committed | Repeated | Conflict | Emptied

export interface AppendedEntry {
  readonly partition: PartitionName
  readonly log: LogKey
  readonly entry: Entry
}

/** Entries that one commit trims at most: a log whose `keep` was lowered shrinks over several commits. */
const TRIM_STEP = 1_000

const NONE: Conflict["others"] = []

export class Applier {
  readonly #tables: Tables
  readonly #pending: Pending
  readonly #once: IdempotencyKeys
  readonly #retention: Retention
  readonly #clock: () => number
  readonly #nextVersion: () => number
  readonly #known = new Set<PartitionName>()

  constructor(
    tables: Tables,
    { once, retention }: { readonly once: IdempotencyKeys; readonly retention: Retention },
    clock: () => number,
    nextVersion: () => number,
  ) {
    this.#tables = tables
    this.#pending = new Pending(tables)
    this.#once = once
    this.#retention = retention
    this.#clock = clock
    this.#nextVersion = nextVersion
  }

  /** Inside a transaction, before the first change of a batch. */
  begin(): void {
    this.#pending.begin()
  }

  /** Inside a transaction, after the last change of a batch. */
  finish(): void {
    this.#pending.write()
  }

  /** Inside a transaction. What is to be announced is added to `announcements`. */
  apply(partition: PartitionName, change: Change, announcements: AppendedEntry[]): Applied {
    const known = change.id && this.#once.find(partition, change.id) // [S4] before any expectation
    if (known !== undefined) return known
    if (change.founded && !this.#founded(partition)) return { kind: "emptied" }
    const others = change.known?.length ? this.#otherAnswers(partition, change.known) : NONE
    if (others.some((one) => one) || !this.#holds(partition, change))
      return this.#conflict(partition, change, others)

    const states = this.#statesOf(partition, change.append ?? [])
    const times = this.#times(change.append ?? [], states)
    const at = times[0] ?? Math.floor(this.#clock())
    const version = this.#writeRecords(partition, change)
    const numbers = this.#append(partition, change.append ?? [], times, states, announcements)
    this.#rank(partition, change, at)
    if (change.expire !== undefined) this.#retention.add(partition, change.expire)
    if (change.id !== undefined) this.#once.add(partition, change.id, at, numbers, change.answer ?? "")
    for (const one of change.known ?? [])
      if (!this.#once.find(partition, one.id)) this.#once.add(partition, one.id, one.at, one.n, one.answer)
    return { kind: "committed", at, n: numbers, ...(version !== undefined && { version }) }
  }

  /** [S2] */
  #holds(partition: PartitionName, change: Change): boolean {
    if (change.after && !this.#once.find(partition, change.after)) return false // [S18]
    for (const [key, version] of change.expect ?? []) {
      if (this.#record(partition, key).version !== version) return false
    }
    for (const { log, n, below, tag } of change.heads ?? []) {
      const end = this.#pending.end(partition, log)
      const last = end?.n ?? 0
      if (n !== undefined && last !== n) return false
      if (below !== undefined && last >= below) return false
      if (tag !== undefined && end?.tag !== tag) return false
    }
    return true
  }

  /** Looked up once: only this process writes, and no commit of the hub removes a partition's last record. */
  #founded(partition: PartitionName): boolean {
    if (this.#known.has(partition)) return true
    const [start, end] = partitionRange(partition)
    const [found] = [...this.#tables.records.getKeys({ start, end, limit: 1 })]
    if (found === undefined) return false
    this.#known.add(partition)
    return true
  }

  /** [S4] Of the ids that a change makes known: what they are known with, where that is another answer. */
  #otherAnswers(partition: PartitionName, known: readonly KnownAnswer[]): Conflict["others"] {
    return known.map(({ id, at, n, answer }) => {
      const found = this.#once.find(partition, id)
      const same = found?.at === at && found.answer === answer && found.n.join() === n.join()
      return same ? undefined : found
    })
  }

  #conflict(partition: PartitionName, change: Change, others: Conflict["others"]): Conflict {
    return {
      kind: "conflict",
      records: new Map((change.expect ?? []).map(([key]) => [key, this.#record(partition, key)])),
      heads: new Map((change.heads ?? []).map(({ log }) => [log, headOf(this.#pending.end(partition, log))])),
      others,
    }
  }

  #statesOf(partition: PartitionName, appends: readonly EncodedAppend[]): Map<LogKey, LogState | undefined> {
    const states = new Map<LogKey, LogState | undefined>()
    for (const { log } of appends) if (!states.has(log)) states.set(log, this.#pending.end(partition, log))
    return states
  }

  /** [S5] */
  #times(appends: readonly EncodedAppend[], states: ReadonlyMap<LogKey, LogState | undefined>): number[] {
    const now = Math.floor(this.#clock())
    const last = new Map<LogKey, number>()
    return appends.map(({ log, floor = 0, at: copied = now }) => {
      const at = Math.max(copied, last.get(log) ?? states.get(log)?.at ?? 0, Math.ceil(floor))
      last.set(log, at)
      return at
    })
  }

  /** @returns the version of what was put [S3] */
  #writeRecords(partition: PartitionName, { put = [], remove = [] }: Change): number | undefined {
    const { records } = this.#tables
    const version = put.length > 0 ? this.#nextVersion() : undefined
    if (version !== undefined)
      for (const [key, value] of put) records.putSync(nameKey(partition, key), encodeRecord(version, value))
    for (const key of remove) records.removeSync(nameKey(partition, key))
    return version
  }

  /** [S6] [S7] */
  #append(
    partition: PartitionName,
    appends: readonly EncodedAppend[],
    times: readonly number[],
    states: Map<LogKey, LogState | undefined>,
    announcements: AppendedEntry[],
  ): number[] {
    const { entries } = this.#tables
    const written: { log: LogKey; entry: Entry }[] = []
    const keeps = new Map<LogKey, number>()
    for (const [index, { log, value, of, announce, keep, inHand }] of appends.entries()) {
      const before = states.get(log)
      const at = times[index] ?? 0
      const state: LogState = { at, n: (before?.n ?? 0) + 1, tag: randomTag(), first: before?.first ?? 1 }
      const target = of === undefined ? undefined : written[of]
      const { n, tag } = state
      const entry: Entry =
        target === undefined
          ? { at, n, tag, value }
          : {
              at,
              n,
              tag,
              value,
              of: { log: target.log, at: target.entry.at, n: target.entry.n, value: target.entry.value },
            }
      entries.putSync(entryKey(partition, log, entry), encodeEntry(entry))
      states.set(log, state)
      written.push({ log, entry })
      if (keep !== undefined) keeps.set(log, keep)
      if (announce === true)
        announcements.push({ partition, log, entry: inHand === undefined ? entry : { ...entry, inHand } }) // [S9]
    }
    for (const [log, state] of states) {
      if (state === undefined) continue
      const keep = keeps.get(log)
      const first = keep === undefined ? state.first : this.#trim(partition, log, state, keep)
      this.#pending.setEnd(partition, log, first === state.first ? state : { ...state, first })
    }
    return written.map(({ entry }) => entry.n)
  }

  /**
   * [S12] Only when the log has a quarter more than `keep`, so that most appends trim nothing. Returns the new first
   * number.
   */
  #trim(partition: PartitionName, log: LogKey, { n, first }: LogState, keep: number): number {
    const count = n - first + 1
    if (count <= keep + Math.max(16, keep / 4)) return first
    const { entries } = this.#tables
    const start = entryKey(partition, log, { at: 0, n: 0 })
    const end = entryKey(partition, log, { at: Number.MAX_SAFE_INTEGER, n: 0 })
    const oldest = [...entries.getKeys({ start, end, limit: Math.min(count - keep, TRIM_STEP) })]
    for (const key of oldest) entries.removeSync(key)
    return first + oldest.length
  }

  /** [S8] */
  #rank(partition: PartitionName, { rank = [] }: Change, at: number): void {
    for (const [ranking, member, wish] of rank)
      this.#pending.rank(partition, ranking, member, wish === "out" ? undefined : wish === "now" ? at : wish)
  }

  #record(partition: PartitionName, key: string) {
    return decodeRecord(this.#tables.records.get(nameKey(partition, key)))
  }
}
