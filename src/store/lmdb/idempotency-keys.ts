/**
 * [S4] The ids of commits, kept by the day they were used on. An id is looked for under today and yesterday, so it
 * is known for 24 to 48 hours. What is older lies at the front of the table; each batch that adds ids removes up to
 * twice as many of those: so the table shrinks as fast as it grows, in bounded steps, without a timer.
 */
import type { CommitId, PartitionName, Repeated } from "../contract.ts"
import { dayKey, dayOf, onceKey } from "./key-bytes.ts"
import type { Tables } from "./tables.ts"
import { decodeAnswer, encodeAnswer } from "./value-bytes.ts"

const DAY_MS = 86_400_000

export class IdempotencyKeys {
  readonly #tables: Tables
  readonly #clock: () => number
  #latestDay = 0
  #added = 0

  constructor(tables: Tables, clock: () => number) {
    this.#tables = tables
    this.#clock = clock
    for (const key of tables.idempotency.getKeys({
      start: dayKey(2 ** 32 - 1),
      end: dayKey(0),
      reverse: true,
      limit: 1,
    })) {
      this.#latestDay = dayOf(key)
    }
  }

  find(partition: PartitionName, id: CommitId): Repeated | undefined {
    const day = this.#today()
    const { idempotency } = this.#tables
    const found =
      idempotency.get(onceKey(day, partition, id)) ?? idempotency.get(onceKey(day - 1, partition, id))
    return found === undefined ? undefined : decodeAnswer(found)
  }

  /** Inside a transaction. */
  add(partition: PartitionName, id: CommitId, at: number, numbers: readonly number[], answer: string): void {
    this.#tables.idempotency.putSync(onceKey(this.#today(), partition, id), encodeAnswer(at, numbers, answer))
    this.#added += 1
  }

  /** Inside a transaction, once per batch. */
  forget(): void {
    if (this.#added === 0) return
    const { idempotency } = this.#tables
    const old = idempotency.getKeys({
      start: dayKey(0),
      end: dayKey(this.#today() - 1),
      limit: 2 * this.#added,
    })
    this.#added = 0
    for (const key of [...old]) idempotency.removeSync(key)
  }

  /** Never goes back, not even over a restart: a clock set back over midnight would hide the ids of the day after. */
  #today(): number {
    const day = Math.floor(this.#clock() / DAY_MS)
    if (day > this.#latestDay) this.#latestDay = day
    return this.#latestDay
  }
}
