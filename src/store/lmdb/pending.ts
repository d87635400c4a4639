/**
 * The ends of logs and the scores of rankings, which the changes of one batch change again and again. They are kept here and
 * written once, after the batch's last change, because each write is a call into LMDB.
 */
import type { LogKey, PartitionName, RankingKey } from "../contract.ts"
import { nameKey, rankKey, readScore, writeScore } from "./key-bytes.ts"
import type { Tables } from "./tables.ts"
import { decodeState, encodeState, type LogState } from "./value-bytes.ts"

const NOTHING = Buffer.of(0)
const SCORE_BYTES = 8

/** `undefined`: the member is not in the ranking. */
interface Score {
  readonly key: Buffer
  readonly stored: number | undefined
  now: number | undefined
}

export class Pending {
  readonly #tables: Tables
  readonly #ends = new Map<PartitionName, Map<LogKey, LogState>>()
  readonly #scores = new Map<PartitionName, Map<RankingKey, Map<string, Score>>>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** A batch begins. Forgets what a batch left that was undone. */
  begin(): void {
    this.#ends.clear()
    this.#scores.clear()
  }

  /** Where a log ends, with what this batch has appended. */
  end(partition: PartitionName, log: LogKey): LogState | undefined {
    const pending = this.#ends.get(partition)?.get(log)
    return pending ?? decodeState(this.#tables.states.get(nameKey(partition, log)))
  }

  setEnd(partition: PartitionName, log: LogKey, state: LogState): void {
    under(this.#ends, partition).set(log, state)
  }

  /** [S8] @param score `undefined`: the member leaves the ranking */
  rank(partition: PartitionName, ranking: RankingKey, member: string, score: number | undefined): void {
    const members = under(under(this.#scores, partition), ranking)
    const known = members.get(member)
    if (known) {
      known.now = score
      return
    }
    const key = nameKey(partition, ranking, member)
    const stored = this.#tables.scores.get(key)
    members.set(member, { key, stored: stored && readScore(stored, 0), now: score })
  }

  /** Inside a transaction, after the last change of a batch. */
  write(): void {
    for (const [partition, logs] of this.#ends)
      for (const [log, state] of logs)
        this.#tables.states.putSync(nameKey(partition, log), encodeState(state))
    for (const [partition, rankings] of this.#scores)
      for (const [ranking, members] of rankings)
        for (const [member, score] of members) this.#writeScore(partition, ranking, member, score)
  }

  #writeScore(partition: PartitionName, ranking: RankingKey, member: string, score: Score): void {
    const { scores, ranks } = this.#tables
    const { key, stored, now } = score
    if (stored === now) return
    if (stored !== undefined) ranks.removeSync(rankKey(partition, ranking, stored, member))
    if (now === undefined) {
      scores.removeSync(key)
      return
    }
    const encoded = Buffer.allocUnsafe(SCORE_BYTES)
    writeScore(encoded, now, 0)
    scores.putSync(key, encoded)
    ranks.putSync(rankKey(partition, ranking, now, member), NOTHING)
  }
}

function under<Name, Value>(tables: Map<Name, Map<string, Value>>, name: Name): Map<string, Value> {
  const known = tables.get(name)
  if (known) return known
  const made = new Map<string, Value>()
  tables.set(name, made)
  return made
}
