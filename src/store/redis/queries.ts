/** Reading records, logs, rankings and known ids. Only `readRankings` needs a script. */
import {
  type CommitId,
  type Entry,
  type Head,
  type Key,
  type LogKey,
  type PartitionName,
  type Range,
  type Ranked,
  type RankedIn,
  type RankingKey,
  type Repeated,
  type StoredRecord,
  StoreUnavailable,
} from "../contract.ts"
import { rankedFirst } from "../ranked-first.ts"
import type { RedisClient } from "./connect.ts"
import { logKey, onceField, onceKeys, rankingKey, recordKey, spreadOf } from "./key-names.ts"
import { parseKept, parseRecord } from "./script-arguments.ts"
import { addressOf, complete, headOf, idOf, parseRow, pointedOf, type Stored } from "./stream-entry.ts"

export async function loadRecords(
  client: RedisClient,
  partition: PartitionName,
  keys: readonly Key[],
): Promise<readonly StoredRecord[]> {
  if (keys.length === 0) return []
  const values = await client.mgetBuffer(keys.map((key) => recordKey(partition, key)))
  return values.map(parseRecord)
}

export async function readHead(client: RedisClient, partition: PartitionName, log: LogKey): Promise<Head> {
  const [row] = await client.xrevrangeBuffer(logKey(partition, log), "+", "-", "COUNT", 1)
  return row && headOf(parseRow(row))
}

/** [S7] */
export async function readLog(
  client: RedisClient,
  partition: PartitionName,
  log: LogKey,
  range: Range,
): Promise<readonly Entry[]> {
  const { after, before, limit } = range
  if (!(limit > 0)) return []
  const low = after ? `(${idOf(after)}` : "-"
  const high = before ? `(${idOf(before)}` : "+"
  // Redis refuses what lies before the very first id.
  if (high === "(0-0") return []
  const count = Math.min(Math.ceil(limit), Number.MAX_SAFE_INTEGER)
  const key = logKey(partition, log)
  const rows = after
    ? await client.xrangeBuffer(key, low, high, "COUNT", count)
    : (await client.xrevrangeBuffer(key, high, low, "COUNT", count)).reverse()
  return resolvePointers(client, partition, rows.map(parseRow))
}

/** A range of a log, both ends included, without what its entries point to. */
export async function readStored(
  client: RedisClient,
  partition: PartitionName,
  log: LogKey,
  from: string,
  limit: number,
) {
  return (await client.xrangeBuffer(logKey(partition, log), from, "+", "COUNT", limit)).map(parseRow)
}

/** Unwanted entries that may be read for each wanted one, to read several of a log in one call. */
const MAX_WASTED_ENTRIES = 3

export async function resolvePointers(
  client: RedisClient,
  partition: PartitionName,
  rows: readonly Stored[],
): Promise<readonly Entry[]> {
  const wanted = new Map<LogKey, string[]>()
  for (const { pointer } of rows) {
    if (!pointer) continue
    const ids = wanted.get(pointer.log)
    if (ids) ids.push(pointer.id)
    else wanted.set(pointer.log, [pointer.id])
  }
  const found = new Map<string, Stored>()
  await Promise.all(
    [...wanted].flatMap(([log, ids]) =>
      spans(ids).map(async ([first, last]) => {
        const span = addressOf(last).n - addressOf(first).n + 1
        const key = logKey(partition, log)
        for (const row of await client.xrangeBuffer(key, first, last, "COUNT", span)) {
          const entry = parseRow(row)
          found.set(`${idOf(entry)} ${log}`, entry)
        }
      }),
    ),
  )
  return rows.map((row) => {
    const pointed = row.pointer && found.get(`${row.pointer.id} ${row.pointer.log}`)
    return complete(row, row.pointer && pointed && pointedOf(row.pointer, pointed))
  })
}

/** The ranges to read. Feeds mostly point to neighbouring entries: one range for all, unless too many others lie between. */
function spans(ids: readonly string[]): readonly (readonly [first: string, last: string])[] {
  const sorted = [...ids].sort((a, b) => addressOf(a).n - addressOf(b).n)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return []
  const span = addressOf(last).n - addressOf(first).n + 1
  return span <= ids.length * (1 + MAX_WASTED_ENTRIES) ? [[first, last]] : sorted.map((id) => [id, id])
}

/** Ranks read above the found place, because members above it may have left the ranking meanwhile. */
const MARGIN = 4

/** [S8] Ties come from the highest member down, by bytes: those at and above `before` are not read. */
export async function readRanking(
  client: RedisClient,
  partition: PartitionName,
  ranking: RankingKey,
  { before, limit }: { readonly before?: Ranked; readonly limit: number },
): Promise<readonly Ranked[]> {
  if (!(limit > 0)) return []
  const key = rankingKey(partition, ranking)
  if (!before) return toRanked(pairs(await client.zrevrangeBuffer(key, 0, limit - 1, "WITHSCORES")))
  const top = String(before.score)
  const few = limit + TIES_READ_PAST
  const rows = pairs(await client.zrevrangebyscoreBuffer(key, top, "-inf", "WITHSCORES", "LIMIT", 0, few))
  return below(rows, before, limit) ?? belowTies(client, key, before, limit)
}

/** Members with the score of `before` that a page reads past; with more of them the place is searched for. */
const TIES_READ_PAST = 8

/** `undefined`: too many of them have the very score of the one to continue after. */
function below(rows: readonly Row[], before: Ranked, limit: number): Ranked[] | undefined {
  const passes = passing(before)
  const fresh = rows.filter((row) => !passes(row))
  return fresh.length >= limit || rows.length < limit + TIES_READ_PAST
    ? toRanked(fresh.slice(0, limit))
    : undefined
}

/** [S8] One call for all of them: an app of many partitions has hundreds. */
export async function readRankings(
  client: RedisClient,
  partition: PartitionName,
  rankings: readonly RankingKey[],
  { before, limit }: { readonly before?: Ranked; readonly limit: number },
): Promise<readonly RankedIn[]> {
  if (!(limit > 0) || rankings.length === 0) return []
  const keys = rankings.map((ranking) => rankingKey(partition, ranking))
  const count = before ? limit + TIES_READ_PAST : limit
  const replies = await client.callBuffer(
    "eval",
    TOP_OF_EACH,
    keys.length,
    ...keys,
    count,
    String(before?.score ?? "+inf"),
  )
  if (!Array.isArray(replies)) throw new Error("The script gave no list.")
  const pages = await Promise.all(
    replies.map((reply: unknown, index) => {
      const rows = pairs(Array.isArray(reply) ? reply : [])
      if (!before) return toRanked(rows)
      return below(rows, before, limit) ?? belowTies(client, keys[index] ?? "", before, limit)
    }),
  )
  return rankedFirst(rankings, pages, limit)
}

const TOP_OF_EACH = `
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call("ZREVRANGEBYSCORE", key, ARGV[2], "-inf", "WITHSCORES", "LIMIT", 0, ARGV[1])
end
return found`

type Row = readonly [member: Buffer, score: number]

const passing = ({ member, score: bound }: Ranked): ((row: Row) => boolean) => {
  const bytes = Buffer.from(member)
  return ([found, score]) => score > bound || (score === bound && Buffer.compare(found, bytes) >= 0)
}

const toRanked = (rows: readonly Row[]): Ranked[] =>
  rows.map(([member, score]) => ({ member: member.toString("utf8"), score }))

/** Searches in a row; after them the whole call is repeated after a pause, like a lost one (`retrying-client.ts`). */
const MAX_SEARCHES = 5

/**
 * Finds the member to continue after by binary search among many equal scores, so that a page costs little however many there
 * are.
 *
 * @throws StoreUnavailable where members moved past each search
 */
async function belowTies(client: RedisClient, key: string, before: Ranked, limit: number): Promise<Ranked[]> {
  const passes = passing(before)
  for (let searches = 0; searches < MAX_SEARCHES; searches += 1) {
    const score = String(before.score)
    let [low, ties] = await Promise.all([
      client.zcount(key, `(${score}`, "+inf"),
      client.zcount(key, score, score),
    ])
    let high = low + ties
    while (low < high) {
      const middle = (low + high) >> 1
      const [row] = pairs(await client.zrevrangeBuffer(key, middle, middle, "WITHSCORES"))
      if (row && passes(row)) low = middle + 1
      else high = middle
    }
    const from = Math.max(0, low - MARGIN)
    const rows = pairs(await client.zrevrangeBuffer(key, from, low + limit - 1, "WITHSCORES"))
    const [first] = rows
    // So many members above it left meanwhile that one below it may have been skipped: search again.
    if (from === 0 || !first || passes(first))
      return toRanked(rows.filter((row) => !passes(row)).slice(0, limit))
  }
  throw new StoreUnavailable("A ranking moved faster than it could be read.")
}

/** Flat in the replies of RESP2, in pairs in those of RESP3. */
function pairs(reply: readonly unknown[]): readonly Row[] {
  const flat = reply.flat()
  const rows: [Buffer, number][] = []
  for (let i = 0; i < flat.length; i += 2) {
    const [member, score] = [flat[i], flat[i + 1]]
    if (Buffer.isBuffer(member)) rows.push([member, Number(String(score))])
  }
  return rows
}

export function findResults(
  client: RedisClient,
  partition: PartitionName,
  ids: readonly CommitId[],
): Promise<readonly (Repeated | undefined)[]> {
  return Promise.all(
    ids.map(async (id) => {
      const field = onceField(id)
      const kept = await Promise.all(
        onceKeys(partition, id.scope, spreadOf(field)).map((key) => client.hgetBuffer(key, field)),
      )
      const known = kept.find((value) => value !== null)
      return known ? parseKept(known).first : undefined
    }),
  )
}
