/** Reading a history: the time-ordered union of a conversation's logs, page by page, and what of it is unread. */

import { forBusiness, joinedReading, messageView, type Reading } from "../domain/conversation.ts"
import { type Address, boundIn, positionOf } from "../domain/position.ts"
import type { ConversationRecord, MarkersRecord, Segment } from "../domain/records.ts"
import { readBack } from "../domain/unread.ts"
import type { Message } from "../protocol/model.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { FRAME_BYTES } from "./frame-budget.ts"

export type Reader = "user" | "business"

export interface Page {
  readonly messages: Message[]
  readonly more: boolean
}

interface Log {
  readonly partition: Partition
  readonly name: string
  /** Entries after this one do not belong to the history that is read. */
  readonly until?: Address
}

/** Entries read beyond the page, so that fold entries rarely cost a second read. */
const SPARE_ENTRIES = 4
/** Entries read at once at most: a page that no frame could hold is not read as a whole. */
const READ_ENTRIES = 54

export function logsOf(app: App, partition: Partition, record: ConversationRecord): Log[] {
  return [{ partition, name: record.log }, ...segmentLogs(app, record.segments)]
}

export function segmentLogs(app: App, segments: readonly Segment[]): Log[] {
  return segments.map(({ log, partition, last }) => ({
    partition: app.partition(partition),
    name: log,
    until: last,
  }))
}

/**
 * The last `limit` messages before a position (without one: the latest), oldest first. Segments that ended before
 * the page begins are not read, so old folds cost nothing.
 */
export async function pageBefore(
  logs: readonly Log[],
  conversationId: string,
  reader: Reader,
  limit: number,
  before?: string,
): Promise<Page> {
  const latestFirst = [...logs].sort((a, b) => (b.until?.at ?? Infinity) - (a.until?.at ?? Infinity))
  let found: Message[] = []
  for (const log of latestFirst) {
    const oldest = found.length > limit ? found[0] : undefined
    if (oldest && log.until && log.until.at < oldest.receivedAt) continue
    const more = await lastOf(log, conversationId, reader, limit + 1, before)
    found = [...found, ...more].sort(byPosition).slice(-(limit + 1))
  }
  return { messages: found.slice(-limit), more: found.length > limit }
}

/** The first `limit` messages after a position, oldest first. */
export async function pageAfter(
  logs: readonly Log[],
  conversationId: string,
  reader: Reader,
  limit: number,
  after: string,
  before?: string,
): Promise<Page> {
  if (before !== undefined && before <= after) return { messages: [], more: false }
  const pages = await Promise.all(
    logs.map((log) => firstOf(log, conversationId, reader, limit + 1, after, before)),
  )
  const found = pages.flat().filter((message) => before === undefined || message.position < before)
  found.sort(byPosition)
  return { messages: found.slice(0, limit), more: found.length > limit }
}

async function lastOf(
  log: Log,
  conversationId: string,
  reader: Reader,
  count: number,
  before?: string,
): Promise<Message[]> {
  const found: Message[] = []
  let bound = upperBound(log, before)
  for (;;) {
    const limit = Math.min(READ_ENTRIES, count - found.length + SPARE_ENTRIES)
    const entries = await log.partition.messages(log.name, { ...(bound && { before: bound }), limit })
    found.unshift(...shown(entries, log, conversationId, reader))
    const first = entries[0]
    if (enough(found, count) || entries.length < limit || !first) return found.slice(-count)
    bound = first
  }
}

async function firstOf(
  log: Log,
  conversationId: string,
  reader: Reader,
  count: number,
  after: string,
  before: string | undefined,
): Promise<Message[]> {
  const found: Message[] = []
  let bound = boundIn(log.name, after)
  for (;;) {
    const limit = Math.min(READ_ENTRIES, count - found.length + SPARE_ENTRIES)
    const entries = await log.partition.messages(log.name, { after: bound, limit })
    const inside = entries.filter((entry) => !log.until || entry.n <= log.until.n)
    found.push(...shown(inside, log, conversationId, reader))
    const last = entries.at(-1)
    const passed = before !== undefined && last !== undefined && positionOf(log.name, last) >= before
    if (passed || enough(found, count) || entries.length < limit || !last) return found.slice(0, count)
    bound = last
  }
}

/** As many as were asked for, or more than a frame holds: what is beyond is not part of the page. */
function enough(found: readonly Message[], count: number): boolean {
  if (found.length >= count) return true
  let bytes = 0
  for (const { content } of found) bytes += content.type === "text" ? content.text.length : 0
  return bytes > FRAME_BYTES
}

function upperBound(log: Log, before: string | undefined): Address | undefined {
  const end = log.until && { at: log.until.at, n: log.until.n + 1 }
  if (before === undefined) return end
  const bound = boundIn(log.name, before)
  if (!end) return bound
  return bound.at < end.at || (bound.at === end.at && bound.n < end.n) ? bound : end
}

export function shown(
  entries: readonly MessageEntry[],
  log: Log,
  conversationId: string,
  reader: Reader,
): Message[] {
  return entries.flatMap((entry) => {
    if (entry.payload.kind === "fold" || (entry.payload.internal && reader === "user")) return []
    const view = messageView(entry.payload, log.name, entry, conversationId)
    return [reader === "business" ? forBusiness(view) : view]
  })
}

const byPosition = (a: Message, b: Message): number => (a.position < b.position ? -1 : 1)

/**
 * What the reader has not read of what others wrote: from the end of the log back to the reader's marker, or to a message
 * of their own, which marks everything as read before it. Where a fold is met, the folded log is read from its
 * own end to its own marker: so a fold keeps what was unread as unread. The work is as much as there is unread.
 *
 * @param tail the last entries of the log, `UNREAD_PAGE_ENTRIES` of them, where they were read already
 * @param most entries that are read in each log; beyond them only the marker counts
 */
export async function readingOf(
  app: App,
  partition: Partition,
  log: string,
  markers: MarkersRecord,
  reader: Reader,
  {
    tail,
    most = Number.POSITIVE_INFINITY,
  }: { readonly tail?: readonly MessageEntry[]; readonly most?: number } = {},
): Promise<Reading> {
  const marker = markers[reader][log]
  let reading: Reading = { unread: 0 }
  let before: Address | undefined
  let page = tail
  // Mostly little is unread; where it is much, larger pages are read.
  for (
    let seen = 0, limit = UNREAD_PAGE_ENTRIES;
    seen < most;
    seen += limit, limit = Math.min(UNREAD_STRIDE_ENTRIES, most - seen)
  ) {
    const entries = page ?? (await partition.messages(log, { ...(before && { before }), limit }))
    page = undefined
    const { steps, over } = readBack(entries, log, marker, reader)
    for (const step of steps) {
      const next =
        "kind" in step
          ? await readingOf(app, app.partition(step.partition), step.log, markers, reader, { most })
          : step
      reading = joinedReading(reading, next)
    }
    if (over) return reading
    before = entries[0]
    if (entries.length < limit || !before) break
  }
  return joinedReading(reading, { unread: 0, readTo: marker })
}

export const unreadIn = async (
  app: App,
  partition: Partition,
  log: string,
  markers: MarkersRecord,
  reader: Reader,
): Promise<number> => (await readingOf(app, partition, log, markers, reader)).unread

export const UNREAD_PAGE_ENTRIES = 50
const UNREAD_STRIDE_ENTRIES = 1_000
