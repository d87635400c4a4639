/** How far a side has read a history, and what of it is unread (docs/protocol.md 3.4). */
import { joinedReading, type Reading } from "../domain/conversation.ts"
import { type Address, isLater } from "../domain/position.ts"
import type { ConversationRecord, FoldPayload, MarkersRecord, Segment } from "../domain/records.ts"
import { isCopy, readBack, readBackCopies } from "../domain/unread.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import type { Reader } from "./message-history.ts"

export const UNREAD_PAGE_ENTRIES = 50
const UNREAD_STRIDE_ENTRIES = 1_000

interface Walk {
  readonly app: App
  readonly markers: MarkersRecord
  readonly reader: Reader
  readonly most: number
  readonly again: ReadonlySet<string>
  /** Folded logs that were not met yet. */
  readonly segments: Map<string, Segment>
  /** What was met, by log. */
  readonly met: Map<string, Reading[]>
}

interface Reads {
  /** The last entries of the log, `UNREAD_PAGE_ENTRIES` of them, where they were read already. */
  readonly tail?: readonly MessageEntry[]
  /** Entries that are read in each log; beyond them only the marker counts. */
  readonly most?: number
  /** Logs whose own reading is asked for: no checkpoint may stand for it. */
  readonly again?: ReadonlySet<string>
}

/**
 * What the reader has not read of what others wrote: from the end of the log back to the reader's marker, or to a message
 * of their own, which marks everything as read before it. Where a fold is met, the folded log is read from its
 * own end to its own marker: so a fold keeps what was unread as unread. The work is as much as there is unread since the
 * last checkpoint.
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

/** The same, and what each log had its part in it. */
export async function readingsOf(
  app: App,
  partition: Partition,
  record: ConversationRecord,
  markers: MarkersRecord,
  reader: Reader,
  { tail, most = Number.POSITIVE_INFINITY, again = new Set() }: Reads = {},
): Promise<{ readonly whole: Reading; readonly byLog: ReadonlyMap<string, readonly Reading[]> }> {
  const segments = new Map(record.segments.map((segment) => [segment.log, segment]))
  const met = new Map<string, Reading[]>()
  const walk = { app, markers, reader, most, again, segments, met }
  const whole = await walkBack(walk, partition, { log: record.log }, tail)
  return { whole, byLog: met }
}

async function walkBack(
  walk: Walk,
  partition: Partition,
  { log, last, after, copies }: Pick<Segment, "log"> & Partial<Segment>,
  tail?: readonly MessageEntry[],
): Promise<Reading> {
  const marker = walk.markers[walk.reader][log]
  const own: Reading[] = []
  walk.met.set(log, own)
  let reading: Reading = { unread: 0 }
  let before: Address | undefined = last && copies ? { at: last.at, n: last.n + 1 } : undefined
  let page = tail
  // Mostly little is unread; where it is much, larger pages are read.
  for (
    let seen = 0, limit = UNREAD_PAGE_ENTRIES;
    seen < walk.most;
    seen += limit, limit = Math.min(UNREAD_STRIDE_ENTRIES, walk.most - seen)
  ) {
    const entries = page ?? (await partition.messages(log, { ...(before && { before }), limit }))
    page = undefined
    const later = after ? entries.filter((entry) => isLater(entry, after)) : entries
    const { steps, over } = copies
      ? readBackCopies(later.filter(isCopy), marker, walk.reader)
      : readBack(later, log, marker, walk.reader, walk.again)
    for (const step of steps) {
      if (!("kind" in step)) own.push(step)
      reading = joinedReading(reading, "kind" in step ? await folded(walk, step) : step)
    }
    if (over) return reading
    before = entries[0]
    if (later.length < limit || !before) break
  }
  return joinedReading(reading, { unread: 0, readTo: marker })
}

/** A log that is met twice counts once; one that was compacted counts where its copies are met. */
async function folded(walk: Walk, { log }: FoldPayload): Promise<Reading> {
  const segment = walk.segments.get(log)
  if (!segment) return { unread: 0 }
  walk.segments.delete(log)
  return walkBack(walk, walk.app.partition(segment.partition), segment)
}

export const unreadIn = async (
  app: App,
  partition: Partition,
  record: ConversationRecord,
  markers: MarkersRecord,
  reader: Reader,
): Promise<number> => (await readingOf(app, partition, record, markers, reader)).unread
