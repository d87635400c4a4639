/**
 * Keys are bytes, compared as bytes. A name is written as its length and its UTF-8, so no name, whatever it holds,
 * runs into the next part ([S14]), and all keys under one name lie side by side: a log is a range. The longest key
 * has three names: 3 × 514 bytes and a few more, within LMDB's 1,978.
 */
import type { Address, CommitId, LogKey, PartitionName, RankingKey } from "../contract.ts"

const LENGTH = 2
const NUMBER = 7
const SCORE = 8
const DAY = 4

const size = (name: string): number => LENGTH + Buffer.byteLength(name)

function writeName(target: Buffer, name: string, offset: number): number {
  const length = target.write(name, offset + LENGTH)
  target.writeUInt16BE(length, offset)
  return offset + LENGTH + length
}

/** Whole numbers up to 2^53, most significant byte first, so that bytes compare as the numbers do. */
export function writeNumber(target: Buffer, value: number, offset: number): number {
  const whole = Math.min(Math.max(0, Math.floor(value)), Number.MAX_SAFE_INTEGER)
  target.writeUIntBE(Math.floor(whole / 2 ** 32), offset, NUMBER - 4)
  return target.writeUInt32BE(whole % 2 ** 32, offset + NUMBER - 4)
}

export const readNumber = (source: Buffer, offset: number): number =>
  source.readUIntBE(offset, NUMBER - 4) * 2 ** 32 + source.readUInt32BE(offset + NUMBER - 4)

export const NUMBER_BYTES = NUMBER

/** A record, a log's head, a member's score: partition and names. */
export function nameKey(partition: PartitionName, first: string, second?: string): Buffer {
  const key = Buffer.allocUnsafe(size(partition) + size(first) + (second === undefined ? 0 : size(second)))
  const end = writeName(key, first, writeName(key, partition, 0))
  if (second !== undefined) writeName(key, second, end)
  return key
}

/** The names that such a key is made of. */
export function namesOf(key: Buffer): string[] {
  const names: string[] = []
  for (let offset = 0; offset < key.length; ) {
    const end = offset + LENGTH + key.readUInt16BE(offset)
    names.push(key.toString("utf8", offset + LENGTH, end))
    offset = end
  }
  return names
}

/** All names of a partition lie between these. */
export function partitionRange(partition: PartitionName): readonly [start: Buffer, end: Buffer] {
  const start = Buffer.allocUnsafe(size(partition))
  writeName(start, partition, 0)
  return [start, Buffer.concat([start, Buffer.alloc(LENGTH, 0xff)])]
}

/** An entry: partition, log, address. Also a bound of a range: the address need not exist. */
export function entryKey(partition: PartitionName, log: LogKey, address: Address): Buffer {
  const key = Buffer.allocUnsafe(size(partition) + size(log) + 2 * NUMBER)
  const end = writeName(key, log, writeName(key, partition, 0))
  writeNumber(key, address.n, writeNumber(key, address.at, end))
  return key
}

/** All entries of a log lie between these. */
export const entryRange = (partition: PartitionName, log: LogKey): readonly [start: Buffer, end: Buffer] => [
  entryKey(partition, log, { at: 0, n: 0 }),
  entryKey(partition, log, { at: Number.MAX_SAFE_INTEGER, n: Number.MAX_SAFE_INTEGER }),
]

export function addressOf(entryKey: Buffer): Address {
  const offset = entryKey.length - 2 * NUMBER
  return { at: readNumber(entryKey, offset), n: readNumber(entryKey, offset + NUMBER) }
}

/**
 * A member in its ranking: partition, ranking, score, member. The member is last and without a length, so that its
 * bytes order it ([S8]).
 */
export function rankKey(
  partition: PartitionName,
  ranking: RankingKey,
  score: number,
  member: string,
): Buffer {
  const key = Buffer.allocUnsafe(size(partition) + size(ranking) + SCORE + Buffer.byteLength(member))
  const end = writeName(key, ranking, writeName(key, partition, 0))
  key.write(member, writeScore(key, score, end))
  return key
}

export function rankedOf(rankKey: Buffer): { member: string; score: number } {
  const ranking = LENGTH + rankKey.readUInt16BE(0)
  const offset = ranking + LENGTH + rankKey.readUInt16BE(ranking)
  return { score: readScore(rankKey, offset), member: rankKey.toString("utf8", offset + SCORE) }
}

/** The ends of a ranking: no score is as small, none as large. */
export const belowAll = (partition: PartitionName, ranking: RankingKey): Buffer =>
  rankKey(partition, ranking, Number.NEGATIVE_INFINITY, "")
export const aboveAll = (partition: PartitionName, ranking: RankingKey): Buffer =>
  rankKey(partition, ranking, Number.POSITIVE_INFINITY, "")

/**
 * IEEE 754 in the order of the numbers: the sign bit of a positive number is set, all bits of a negative one are
 * turned over. Zero has one form (-0 + 0 is 0).
 */
export function writeScore(target: Buffer, score: number, offset: number): number {
  const end = target.writeDoubleBE(score + 0, offset)
  if (score < 0) for (let i = offset; i < end; i += 1) target[i] = ~(target[i] ?? 0)
  else target[offset] = (target[offset] ?? 0) | 0x80
  return end
}

export function readScore(source: Buffer, offset: number): number {
  const bits = Buffer.from(source.subarray(offset, offset + SCORE))
  const first = bits[0] ?? 0
  if (first & 0x80) bits[0] = first & 0x7f
  else for (let i = 0; i < SCORE; i += 1) bits[i] = ~(bits[i] ?? 0)
  return bits.readDoubleBE(0)
}

/** A known id: the day it was used, so that the oldest lie at the front, then partition, scope and key. */
export function onceKey(day: number, partition: PartitionName, id: CommitId): Buffer {
  const key = Buffer.allocUnsafe(DAY + size(partition) + size(id.scope) + size(id.key))
  let end = key.writeUInt32BE(day, 0)
  for (const name of [partition, id.scope, id.key]) end = writeName(key, name, end)
  return key
}

export function dayKey(day: number): Buffer {
  const key = Buffer.allocUnsafe(DAY)
  key.writeUInt32BE(Math.max(0, day), 0)
  return key
}

export const dayOf = (onceKey: Buffer): number => onceKey.readUInt32BE(0)
