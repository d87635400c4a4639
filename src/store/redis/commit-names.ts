/** The keys that commits name: those of the users who write are named again with each message. */
import { memoized } from "../../lib/memoized.ts"
import type { Key, LogKey, PartitionName, RankingKey } from "../contract.ts"
import { channelKey, logKey, onceKeys, rankingKey, recordKey } from "./key-names.ts"

/** Of one partition. */
export interface CommitNames {
  readonly record: (key: Key) => string
  readonly log: (log: LogKey) => string
  readonly channel: string
  readonly ranking: (ranking: RankingKey) => string
  readonly once: (scope: string) => readonly string[]
}

/** @param database the number that channels have in their names */
export const commitNames = (database: number) =>
  memoized(
    (partition: PartitionName): CommitNames => ({
      record: memoized((key) => recordKey(partition, key)),
      log: memoized((log) => logKey(partition, log)),
      channel: channelKey(partition, database),
      ranking: memoized((ranking) => rankingKey(partition, ranking)),
      once: memoized((scope) => onceKeys(partition, scope)),
    }),
  )
