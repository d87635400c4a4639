/**
 * The store inside the process: LMDB, a memory-mapped B-tree on local disk. Reads come at once from the map; writes go
 * through a batch. Read `tables.ts` (what lies where), `key-bytes.ts` (under which keys),
 * `apply.ts` (one change), `pending.ts` (what a batch writes once), `batch.ts` (many changes, one flush), and then this file.
 */
import { mkdir, stat, statfs } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { loopTurn } from "../../lib/loop-turn.ts"
import {
  type Address,
  type Entry,
  type LogKey,
  type PartitionName,
  type Range,
  type Ranked,
  type RankingKey,
  type Store,
  StoreUnavailable,
} from "../contract.ts"
import { rankedFirst } from "../ranked-first.ts"
import { checkName, validateChange } from "../validate.ts"
import { Applier } from "./apply.ts"
import { Batches } from "./batch.ts"
import { inspectDataFile, keepPrivate, watchDataFile } from "./data-file.ts"
import { Followers } from "./followers.ts"
import { IdempotencyKeys } from "./idempotency-keys.ts"
import { aboveAll, addressOf, belowAll, entryKey, nameKey, rankedOf, rankKey } from "./key-bytes.ts"
import { type Lock, lockDirectory } from "./lock.ts"
import { openVersions } from "./record-versions.ts"
import { Retention } from "./retention.ts"
import { openTables, type Tables } from "./tables.ts"
import { decodeEntry, decodeRecord, decodeState, headOf } from "./value-bytes.ts"

export interface LmdbOptions {
  /** A directory on a local disk; made if it is not there. */
  readonly dir: string
  /** Milliseconds; the machine's clock by default. */
  readonly clock?: () => number
  /** Told once, with one sentence, when the files were taken away under the open store. */
  readonly onGone?: (sentence: string) => void
}

/**
 * Opens the store in a directory, which no other process may have open.
 *
 * @throws if another process has it open, or what lies there is damaged or foreign; with one sentence
 */
export async function openLmdb({ dir, clock = Date.now, onGone }: LmdbOptions): Promise<Store> {
  const path = resolve(dir)
  await makeDirectory(path)
  const lock = await lockDirectory(path)
  try {
    inspectDataFile(path)
    const tables = openTables(path)
    keepPrivate(path)
    return storeOver(tables, { path, lock, clock, onGone, there: watchDataFile(path) })
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** As `mkdir` does it with `recursive`, which asks for ever where a file system takes no directories (/proc). */
async function makeDirectory(path: string, again = true): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if ((await stat(path).catch(() => undefined))?.isDirectory()) return
    const parent = dirname(path)
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
    if (!again || parent === path) throw error
    await makeDirectory(parent)
    await makeDirectory(path, false)
  }
}

const goneFrom = (path: string): string =>
  `The data file in ${path} was deleted, replaced or cut off while the hub ran: nothing can be kept any more. End the hub, put a backup in its place, and start it again.`

/** With less free space on its disk than this the store is not ready: the next commit may not fit. */
const LEAST_FREE_BYTES = 1024 * 1024

interface Opened {
  readonly path: string
  readonly lock: Lock
  readonly clock: () => number
  readonly onGone: LmdbOptions["onGone"]
  readonly there: () => boolean
}

/** Whether the data file is still the one that was opened; once it is not, it never is again. */
function filePresence({ path, there, onGone }: Pick<Opened, "path" | "there" | "onGone">) {
  let missing = false
  let lookedIn: number | undefined
  const look = (): boolean => {
    if (missing) return false
    missing = !there()
    if (missing) onGone?.(goneFrom(path))
    return !missing
  }
  /** Before the map is touched: where the file has become shorter, that is a signal which ends the process. */
  const demand = (): void => {
    const turn = loopTurn()
    if (turn !== lookedIn) look()
    lookedIn = turn
    if (missing) throw new StoreUnavailable(goneFrom(path))
  }
  return { look, demand }
}

/** False too where the folder is gone. */
async function hasRoom(path: string): Promise<boolean> {
  const free = await statfs(path)
    .then(({ bavail, bsize }) => bavail * bsize)
    .catch(() => 0)
  return free >= LEAST_FREE_BYTES
}

function storeOver(tables: Tables, opened: Opened): Store {
  const { path, lock, clock } = opened
  const file = filePresence(opened)
  const once = new IdempotencyKeys(tables, clock)
  const versions = openVersions(tables)
  const retention = new Retention(tables, clock)
  const applier = new Applier(tables, { once, retention }, clock, versions.next)
  const followers = new Followers()
  const batches = new Batches(tables, {
    apply: (partition, change, announcements) => applier.apply(partition, change, announcements),
    begin: () => applier.begin(),
    finish: () => {
      applier.finish()
      once.forget()
      retention.sweep()
      versions.save()
    },
    announce: (announcement) => followers.announce(announcement),
    kept: file.look,
  })
  let closing: Promise<void> | undefined

  /** [S13] A bad name is the caller's mistake; any other failure is the store's. */
  const reading = async <Found>(names: readonly string[], read: () => Found): Promise<Found> => {
    if (closing !== undefined) throw new StoreUnavailable("The store is closed.")
    file.demand()
    for (const name of names) checkName(name)
    try {
      return read()
    } catch (error) {
      throw new StoreUnavailable("The store could not be read.", { cause: error })
    }
  }

  const head = (partition: PartitionName, log: LogKey) =>
    headOf(decodeState(tables.states.get(nameKey(partition, log))))

  const close = async () => {
    followers.clear()
    await batches.settled()
    file.look()
    await tables.root.close()
    await lock.release()
  }

  return {
    load: (partition, keys) =>
      reading([partition, ...keys], () =>
        keys.map((key) => decodeRecord(tables.records.get(nameKey(partition, key)))),
      ),

    read: (partition, log, range) => reading([partition, log], () => readLog(tables, partition, log, range)),

    head: (partition, log) => reading([partition, log], () => head(partition, log)),

    rank: (partition, ranking, page) =>
      reading([partition, ranking, page.before?.member ?? ""], () =>
        readRanking(tables, partition, ranking, page),
      ),

    rankTogether: (partition, rankings, page) =>
      reading([partition, ...rankings, page.before?.member ?? ""], () =>
        rankedFirst(
          rankings,
          rankings.map((ranking) => readRanking(tables, partition, ranking, page)),
          page.limit,
        ),
      ),

    size: (partition, ranking) =>
      reading([partition, ranking], () =>
        tables.ranks.getKeysCount({
          start: aboveAll(partition, ranking),
          end: belowAll(partition, ranking),
          reverse: true,
        }),
      ),

    findResults: (partition, ids) =>
      reading([partition, ...ids.flatMap((id) => [id.scope, id.key])], () =>
        ids.map((id) => once.find(partition, id)),
      ),

    commit: (partition, change) => {
      if (closing !== undefined) return Promise.reject(new StoreUnavailable("The store is closed."))
      try {
        file.demand()
        validateChange(partition, change)
      } catch (error) {
        return Promise.reject(error)
      }
      return batches.add(partition, change)
    },

    follow: (partition, log, follower) =>
      reading([partition, log], () => {
        // The newest state, not this turn's snapshot: an entry that was announced must not be missing from the head.
        tables.root.resetReadTxn()
        return followers.add(partition, log, head(partition, log), follower)
      }),

    now: () => Math.floor(clock()),

    ping: async () => {
      // Small writes may still find room inside the file, where larger ones are refused already.
      const full = !(await hasRoom(path)) || batches.refusedLately
      return reading([], () => {
        if (full) throw new Error("The disk is full, or has just refused a commit.")
      })
    },

    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function readRanking(
  tables: Tables,
  partition: PartitionName,
  ranking: RankingKey,
  { before, limit }: { readonly before?: Ranked; readonly limit: number },
): Ranked[] {
  // [S8] A range begins with its start: the entry to continue after is left out.
  const start =
    before === undefined
      ? aboveAll(partition, ranking)
      : rankKey(partition, ranking, before.score, before.member)
  const end = belowAll(partition, ranking)
  return [...tables.ranks.getKeys({ start, end, reverse: true, limit, exclusiveStart: true })].map(rankedOf)
}

/** [S7] The keys of a log lie in the order of its addresses, so any bound, taken or not, is the edge of a range. */
function readLog(
  tables: Tables,
  partition: PartitionName,
  log: LogKey,
  { after, before, limit }: Range,
): Entry[] {
  const edge = (address: Address) => entryKey(partition, log, address)
  const first = edge({ at: 0, n: 0 })
  const last = edge({ at: Number.MAX_SAFE_INTEGER, n: Number.MAX_SAFE_INTEGER })
  const range =
    after === undefined
      ? { start: before === undefined ? last : edge(before), end: first, reverse: true }
      : { start: edge(after), end: before === undefined ? last : edge(before) }
  const found: Entry[] = []
  for (const { key, value } of tables.entries.getRange({ limit, exclusiveStart: true, ...range })) {
    const { at, n } = addressOf(key)
    const entry = decodeEntry(value)
    const { tag } = entry
    const of = entry.of && pointedTo(tables, partition, { ...entry.of, at: entry.of.at ?? at })
    found.push(of === undefined ? { at, n, tag, value: entry.value } : { at, n, tag, value: entry.value, of })
  }
  return after === undefined ? found.reverse() : found
}

/** `undefined`: it was trimmed. */
function pointedTo(
  tables: Tables,
  partition: PartitionName,
  { log, at, n }: Address & { log: LogKey },
): Entry["of"] {
  const encoded = tables.entries.get(entryKey(partition, log, { at, n }))
  return encoded === undefined ? undefined : { log, at, n, value: decodeEntry(encoded).value }
}
