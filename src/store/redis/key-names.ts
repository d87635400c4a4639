/**
 * Every physical key and channel is built here. The partition is in braces, the hash tag of Redis Cluster:
 * whatever belongs to a partition lies in one slot, so that one script may touch all of it.
 */
import type { CommitId, Key, LogKey, PartitionName, RankingKey } from "../contract.ts"

export const recordKey = (partition: PartitionName, key: Key) => `{${partition}}r:${key}`
export const logKey = (partition: PartitionName, log: LogKey) => `{${partition}}l:${log}`
export const rankingKey = (partition: PartitionName, ranking: RankingKey) => `{${partition}}z:${ranking}`

/** The last version the partition gave to a record ([S3]). */
export const versionKey = (partition: PartitionName) => `{${partition}}v`

/** Written where replicas are waited for (`replication.ts`). */
export const waitKey = (partition: PartitionName) => `{${partition}}w`

/**
 * What a partition's logs announce comes over one channel, so that a batch of commits is one announcement. A node with some
 * hundred users follows logs all over a partition anyway: more channels would tell it as much, in more pieces. The name is
 * the channel, and the key of its running number as well. Channels know no databases, unlike keys: the number is in the
 * name, or one hub would hear another's customers.
 */
export const channelKey = (partition: PartitionName, database: number): string =>
  database === 0 ? `{${partition}}b` : `{${partition}}d${database}b`

/** Hubs that share a database are kept apart by a prefix of their partitions, and with it of every key and channel. */
export const prefixed = (prefix: string, partition: PartitionName): PartitionName =>
  prefix === "" ? partition : `${prefix}/${partition}`

/** What the Socket.IO adapter of a hub calls its channels. */
export const signalChannel = (prefix: string, database: number): string =>
  `tributary/${prefix}/${database}/signals`

/** A scope's ids are spread over so many hashes: Redis walks through a compact one to find out that an id is new. */
const SPREAD = 8
/** @param field as `onceField` made it */
export const spreadOf = (field: Buffer): number => (field[0] ?? 0) % SPREAD

/** Three hashes of ids that take turns; `commit.lua` knows whose turn it is. */
export const onceKeys = (partition: PartitionName, scope: string, spread: number): readonly string[] =>
  [0, 1, 2].map((turn) => `{${partition}}o${turn}${spread}:${scope}`)

/** The same for commits without an id of their own; spread, so that no expiring hash is large. */
export const resendKeys = (partition: PartitionName, shard: number): readonly string[] =>
  [0, 1, 2].map((turn) => `{${partition}}s${turn}:${shard}`)

/**
 * Twelve bytes, so that a hash of ids stays a compact listpack whatever the ids look like. No caller gains by two ids with
 * the same bytes: a scope is one user's, who would only keep a message of their own from being stored.
 */
export function onceField({ key }: CommitId): Buffer {
  const field = Buffer.allocUnsafe(12)
  let [a, b, c] = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35]
  const { length } = key
  for (let at = 0; at < length; at++) {
    const unit = key.charCodeAt(at)
    a = Math.imul(a ^ unit, 0x2c1b3c6d)
    b = Math.imul(b ^ unit ^ (a >>> 15), 0x297a2d39)
    c = Math.imul(c ^ unit ^ (b >>> 13), 0x1b873593)
  }
  field.writeInt32LE(mixed(a ^ (c >>> 16)), 0)
  field.writeInt32LE(mixed(b ^ (a >>> 16)), 4)
  field.writeInt32LE(mixed(c ^ (b >>> 16)), 8)
  return field
}

const mixed = (value: number): number => {
  const half = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  return half ^ (half >>> 15)
}
