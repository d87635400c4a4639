/** The names of Redis keys in commits, remembered: a user who writes has the same ones in each message. */
import { memoized } from "../../lib/memoized.ts"
import type { Key, LogKey, PartitionName, RankingKey } from "../contract.ts"
import { channelKey, logKey, onceKeys, rankingKey, recordKey } from "./key-names.ts"

/** The names of one partition's keys. */
export interface CommitNames {
  readonly record: (key: Key) => string
  readonly log: (log: LogKey) => string
  readonly channel: string
  readonly ranking: (ranking: RankingKey) => string
  readonly once: (scope: string, spread: number) => readonly string[]
}

function onceNames(partition: PartitionName): CommitNames["once"] {
  const of = memoized((): (readonly string[])[] => [])
  return (scope, spread) => (of(scope)[spread] ??= onceKeys(partition, scope, spread))
}

/** @param database the number that channels have in their names */
export const commitNames = (database: number) =>
  memoized(
    (partition: PartitionName): CommitNames => ({
      record: memoized((key) => recordKey(partition, key)),
      log: memoized((log) => logKey(partition, log)),
      channel: channelKey(partition, database),
      ranking: memoized((ranking) => rankingKey(partition, ranking)),
      once: onceNames(partition),
    }),
  )
