/**
 * [S17] Records and logs that expire, ordered by when. Each batch removes a few of those that are due, so no timer is needed
 * and no batch has much to do.
 */
import type { Expiring, PartitionName } from "../contract.ts"
import { entryRange, NUMBER_BYTES, nameKey, namesOf, readNumber, writeNumber } from "./key-bytes.ts"
import type { Tables } from "./tables.ts"
import { decodeRecord } from "./value-bytes.ts"

/** Records and logs that one batch removes at most. */
const STEP = 20
const RECORD = "record"
const LOG = "log"

export class Retention {
  readonly #tables: Tables
  readonly #clock: () => number
  /** When the next one is due, Unix milliseconds. */
  #next = 0

  constructor(tables: Tables, clock: () => number) {
    this.#tables = tables
    this.#clock = clock
  }

  /** Inside a transaction, after the change's puts. */
  add(partition: PartitionName, expire: readonly Expiring[]): void {
    for (const one of expire) {
      const due = this.#clock() + one.seconds * 1_000
      const name = "key" in one ? one.key : one.log
      const at = Buffer.allocUnsafe(NUMBER_BYTES)
      writeNumber(at, due, 0)
      const key = Buffer.concat([at, nameKey(partition, "key" in one ? RECORD : LOG, name)])
      const version = Buffer.alloc(NUMBER_BYTES)
      if ("key" in one) writeNumber(version, this.#version(partition, name), 0)
      this.#tables.expiring.putSync(key, version)
      this.#next = Math.min(this.#next, due)
    }
  }

  /** Inside a transaction, once per batch. */
  sweep(): void {
    const now = this.#clock()
    if (now < this.#next) return
    const start = Buffer.alloc(NUMBER_BYTES)
    const rows = [...this.#tables.expiring.getRange({ start, limit: STEP + 1 })]
    for (const { key, value } of rows.slice(0, STEP)) {
      if (readNumber(key, 0) > now) break
      const [partition = "", kind, name = ""] = namesOf(key.subarray(NUMBER_BYTES))
      if (kind === LOG) this.#removeLog(partition, name)
      else if (this.#version(partition, name) === readNumber(value, 0))
        this.#tables.records.removeSync(nameKey(partition, name))
      this.#tables.expiring.removeSync(key)
    }
    const [first] = [...this.#tables.expiring.getKeys({ start, limit: 1 })]
    this.#next = first ? readNumber(first, 0) : Number.POSITIVE_INFINITY
  }

  #removeLog(partition: PartitionName, log: string): void {
    const { entries, states } = this.#tables
    const [start, end] = entryRange(partition, log)
    for (const key of [...entries.getKeys({ start, end })]) entries.removeSync(key)
    states.removeSync(nameKey(partition, log))
  }

  #version(partition: PartitionName, key: string): number {
    return decodeRecord(this.#tables.records.get(nameKey(partition, key))).version
  }
}
