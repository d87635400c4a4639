/**
 * Every physical key and channel is built here. The partition is in braces, the hash tag of Redis Cluster:
 * whatever belongs to a partition lies in one slot, so that one script may touch all of it.
 */
import { hash } from "node:crypto"
import type { CommitId, Key, LogKey, PartitionName, RankingKey } from "../contract.ts"

const CHANNELS = 64

export const recordKey = (partition: PartitionName, key: Key) => `{${partition}}r:${key}`
export const logKey = (partition: PartitionName, log: LogKey) => `{${partition}}l:${log}`
export const rankingKey = (partition: PartitionName, ranking: RankingKey) => `{${partition}}z:${ranking}`

/** The last version the partition gave to a record ([S3]). */
export const versionKey = (partition: PartitionName) => `{${partition}}v`

/**
 * Followers subscribe to buckets of logs, not to logs: a few hundred channels, however many users are online.
 * The name is the channel, and the key of the bucket's running number as well. Channels know no databases, unlike
 * keys: the number is in the name, or one hub would hear another's customers.
 */
export function channelKey(partition: PartitionName, log: LogKey, database: number): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < log.length; i++) hash = Math.imul(hash ^ log.charCodeAt(i), 0x01000193)
  const bucket = ((hash >>> 16) ^ hash) & (CHANNELS - 1)
  return database === 0 ? `{${partition}}b${bucket}` : `{${partition}}d${database}b${bucket}`
}

/** Hubs that share a database are kept apart by a prefix of their partitions, and with it of every key and channel. */
export const prefixed = (prefix: string, partition: PartitionName): PartitionName =>
  prefix === "" ? partition : `${prefix}/${partition}`

/** What the Socket.IO adapter of a hub calls its channels. */
export const signalChannel = (prefix: string, database: number): string =>
  `tributary/${prefix}/${database}/signals`

/** Three hashes of ids that take turns; `commit.lua` knows whose turn it is. */
export const onceKeys = (partition: PartitionName, scope: string): readonly string[] =>
  [0, 1, 2].map((turn) => `{${partition}}o${turn}:${scope}`)

/** The same for commits without an id of their own; spread, so that no expiring hash is large. */
export const resendKeys = (partition: PartitionName, shard: number): readonly string[] =>
  [0, 1, 2].map((turn) => `{${partition}}s${turn}:${shard}`)

/** Twelve bytes, so that a hash of ids stays a compact listpack whatever the ids look like. */
export const onceField = (id: CommitId): Buffer => hash("sha256", id.key, "buffer").subarray(0, 12)
