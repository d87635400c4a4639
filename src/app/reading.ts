/** How far a side has read a history, and what of it is unread (docs/protocol.md 3.4). */
import { joinedReading, type Reading } from "../domain/conversation.ts"
import type { FoldPayload } from "../domain/log-payloads.ts"
import { type Address, isLater } from "../domain/position.ts"
import type { ConversationRecord, MarkersRecord, Segment } from "../domain/records.ts"
import { isCopy, readBack, readBackCopies } from "../domain/unread.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { isUpTo, type KnownReading } from "./known-readings.ts"
import { type LogCache, newLogCache, READ_ENTRIES, UNREAD_STRIDE_ENTRIES } from "./log-cache.ts"
import type { KnownTail, Reader } from "./message-history.ts"

/** Bounds of reading. Beyond them only the marker counts, so the result may be lower than what is unread. */
export interface ReadingBounds {
  /** Entries of each log that are read. */
  readonly most?: number
  /** Bytes of each log that are read. Set where only the reading's end is wanted, not a count. */
  readonly mostBytes?: number
}

/** Entries that are read to count what agents have not read. A user's own count has no such bound (docs/protocol.md 3.4). */
export const MAX_UNREAD = 1_000
/** Where only a user is shown how far agents have read. */
export const ROUGHLY: ReadingBounds = { most: MAX_UNREAD, mostBytes: 512 * 1024 }

interface Walk {
  readonly app: App
  readonly markers: MarkersRecord
  readonly reader: Reader
  readonly most: number
  readonly mostBytes: number
  readonly cache: LogCache
  readonly again: ReadonlySet<string>
  readonly record: ConversationRecord
  /** Folded logs that were not met yet. */
  readonly segments: Map<string, Segment>
  /** Logs whose fold was met, but which the record does not name. */
  readonly unnamed: Set<string>
  /** What was met, by log. */
  readonly met: Map<string, Reading[]>
  /** For the current log: an earlier count to stop at, and the newest entry of this one. */
  readonly known: KnownReading | undefined
  newest: MessageEntry | undefined
}

interface Reads extends ReadingBounds {
  /** The end of the current log, if it was read already. */
  readonly tail?: KnownTail
  /** Shares reads with others that look at the same logs. */
  readonly cache?: LogCache
  /** Logs whose own reading is wanted, so that no checkpoint may stand for it. */
  readonly again?: ReadonlySet<string>
}

/**
 * What the reader has not read of what others wrote: from the end of the log back to the reader's marker, or to a message
 * of their own, which marks everything as read before it. Where a fold is met, the folded log is read from its
 * own end to its own marker: so a fold keeps what was unread as unread. The work is as much as there is unread since the
 * last checkpoint, or since this node counted last.
 */
export async function readingOf(
  app: App,
  partition: Partition,
  record: ConversationRecord,
  markers: MarkersRecord,
  reader: Reader,
  reads: Reads = {},
): Promise<Reading> {
  return (await readingsOf(app, partition, record, markers, reader, reads)).whole
}

/** The same, and the part that each log has in it. */
export async function readingsOf(
  app: App,
  partition: Partition,
  record: ConversationRecord,
  markers: MarkersRecord,
  reader: Reader,
  { tail, cache = newLogCache(), most = ENDLESS, mostBytes = ENDLESS, again = NONE }: Reads = {},
): Promise<{ readonly whole: Reading; readonly byLog: ReadonlyMap<string, readonly Reading[]> }> {
  // A reading that stopped at a bound of bytes has no exact count, but its end can be used again: it is kept apart.
  const side = mostBytes < ENDLESS ? (`${reader} roughly` as const) : reader
  const kept = side === reader ? [side] : [side, reader]
  const found = again.size === 0 ? kept.map((each) => app.readings.find(record, markers, each)) : []
  // An exact count says also where the reading ends, and may have been made later.
  const known = found.reduce(
    (one, other) => ((other?.upTo.n ?? 0) > (one?.upTo.n ?? 0) ? other : one),
    undefined,
  )
  const counted = record.segments.filter(({ log }) => !known?.seen.has(log))
  const segments = new Map(counted.map((segment) => [segment.log, segment]))
  const met = new Map<string, Reading[]>()
  const bounds = { most, mostBytes }
  const walk: Walk = {
    app,
    markers,
    reader,
    ...bounds,
    cache,
    again,
    record,
    segments,
    unnamed: new Set(),
    met,
    known,
    newest: undefined,
  }
  const current = { log: record.log, leftOut: record.leftOut }
  const { reading, far, much } = await walkBack(walk, partition, current, tail)
  const { newest, unnamed } = walk
  if ((far || much) && newest && again.size === 0 && (side !== reader || most === ENDLESS)) {
    const logs = new Set([...(known?.seen.keys() ?? []), ...met.keys(), ...unnamed])
    app.readings.keep(record, markers, side, { newest, reading, far, logs })
  }
  return { whole: reading, byLog: met }
}

const NOTHING: Reading = { unread: 0 }
const NONE: ReadonlySet<string> = new Set()
const ENDLESS = Number.POSITIVE_INFINITY

/** So many bytes of one page are worth remembering as more pages are: each message that is looked at is decoded. */
const MUCH_BYTES = 64 * 1024

interface Walked {
  readonly reading: Reading
  /** More than one page was read. */
  readonly far: boolean
  /** What was looked at is long. */
  readonly much: boolean
}

async function walkBack(
  walk: Walk,
  partition: Partition,
  { log, last, after, copies, leftOut }: Pick<Segment, "log"> & Partial<Segment>,
  tail?: KnownTail,
): Promise<Walked> {
  const marker = walk.markers[walk.reader][log]
  const known = last ? undefined : walk.known
  const own: Reading[] = []
  walk.met.set(log, own)
  let reading: Reading = { unread: 0 }
  let [far, decoded] = [false, 0]
  const walked = (more: Reading = NOTHING): Walked => ({
    reading: joinedReading(reading, more),
    far,
    much: decoded > MUCH_BYTES,
  })
  let before: Address | undefined = last && { at: last.at, n: last.n + 1 }
  let page = tail?.entries
  let bytes = 0
  // Mostly little is unread; where it is much, larger pages are read.
  for (
    let seen = 0, limit = tail?.limit ?? READ_ENTRIES;
    seen < walk.most && bytes < walk.mostBytes;
    seen += limit, limit = Math.min(nextStride(walk, known, before, { seen, bytes }), walk.most - seen)
  ) {
    const entries = page ?? (await walk.cache(partition).messages(log, { ...(before && { before }), limit }))
    page = undefined
    for (const entry of entries) bytes += entry.bytes
    if (!last) walk.newest ??= entries.at(-1)
    const met = known ? entries.findIndex((entry) => isUpTo(known, entry)) : -1
    const later = after ? entries.filter((entry) => isLater(entry, after)) : entries.slice(met + 1)
    const counted = leftOut ? later.filter((entry) => !isUncounted(entry, leftOut, walk.reader)) : later
    const { steps, over, looked } = copies
      ? { ...readBackCopies(counted.filter(isCopy), marker, walk.reader), looked: counted.length }
      : readBack(counted, log, marker, walk.reader, walk.again)
    for (const entry of counted.slice(counted.length - looked)) decoded += entry.bytes
    // Side by side: far from the store, one log after another would be as many waits as there were folds.
    const parts = await Promise.all(steps.map((step) => ("kind" in step ? folded(walk, step) : step)))
    for (const [index, step] of steps.entries()) {
      if (!("kind" in step)) own.push(step)
      reading = joinedReading(reading, parts[index] ?? NOTHING)
    }
    if (over) return walked()
    if (known && met >= 0) return { ...walked(known.reading), far: far || known.far, much: true }
    before = entries[0]
    if (later.length < limit || !before) break
    far = true
  }
  return walked({ unread: 0, readTo: marker })
}

/** What is left out is not unread; but its author had read all before it. */
const isUncounted = ({ n, payload }: MessageEntry, leftOut: readonly number[], reader: Reader): boolean =>
  leftOut.includes(n) &&
  !(payload.kind === "message" && (payload.author.type === "user") === (reader === "user"))

/**
 * Entries of the next read: up to the known count, or many; of long messages only as many as the bound of bytes
 * probably allows.
 */
function nextStride(
  { mostBytes }: Walk,
  known: KnownReading | undefined,
  before: Address | undefined,
  { seen, bytes }: { readonly seen: number; readonly bytes: number },
): number {
  const between = known && before ? before.n - known.upTo.n : 0
  const far = between > 0 ? Math.min(between, UNREAD_STRIDE_ENTRIES) : UNREAD_STRIDE_ENTRIES
  const fitting = bytes === 0 ? far : Math.ceil(((mostBytes - bytes) * seen) / bytes)
  return Math.max(1, Math.min(far, fitting))
}

/** The reading of a folded log. One that is met twice counts once; one that was compacted counts where its copies are met. */
async function folded(walk: Walk, { log }: FoldPayload): Promise<Reading> {
  const segment = walk.segments.get(log)
  if (!segment) {
    if (!walk.record.segments.some((one) => one.log === log)) walk.unnamed.add(log)
    return NOTHING
  }
  walk.segments.delete(log)
  return (await walkBack(walk, walk.app.partition(segment.partition), segment)).reading
}
