/** Reading a history: the time-ordered union of a conversation's logs, page by page. */

import { forBusiness, messageView } from "../domain/conversation.ts"
import { type Address, boundIn, isLater, timeOf } from "../domain/position.ts"
import type { ConversationRecord, Segment } from "../domain/records.ts"
import type { Message } from "../protocol/model.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { FRAME_BYTES } from "./frame-budget.ts"
import { type Look, type MessageLogs, READ_ENTRIES, readOnce } from "./read-once.ts"

export type Reader = "user" | "business"

export interface Page {
  readonly messages: Message[]
  readonly more: boolean
}

interface Log {
  readonly partition: MessageLogs
  readonly name: string
  /** Entries after this one do not belong to the history that is read. */
  readonly until?: Address
  /** Nor do these up to this one. */
  readonly from?: Address | undefined
  readonly copies?: true | undefined
}

/** Entries read beyond the page, so that fold entries rarely cost a second read. */
const SPARE_ENTRIES = 4
/** What a page of so many messages is read with: one more tells that there are more. */
export const entriesOfPage = (limit: number): number => limit + 1 + SPARE_ENTRIES
/** A log that is all folds is read so far, and further only as far as the folded logs leave the page unfilled. */
const FOLD_READS = 2

export function logsOf(app: App, partition: Partition, record: ConversationRecord, look?: Look): Log[] {
  return [{ partition, name: record.log }, ...segmentLogs(app, record.segments, look)]
}

export function segmentLogs(app: App, segments: readonly Segment[], look = readOnce()): Log[] {
  return segments.map(({ log, partition, last, after, copies }) => ({
    partition: look(app.partition(partition)),
    name: log,
    until: last,
    from: after,
    copies,
  }))
}

interface Part {
  readonly messages: Message[]
  /** Where the reading stopped though there may be more that belongs to the page. */
  readonly rest?: Address | undefined
}

interface Reach {
  readonly count: number
  readonly before?: string | undefined
  /** Messages beyond this time are not part of the page. */
  readonly horizon?: number | undefined
  readonly reads?: number | undefined
  /** Where an earlier reading stopped. */
  readonly rest?: Address | undefined
  readonly tail?: Tail | undefined
}

/** The end of the log that is written, as it was read already: its last entries, `limit` of them if it has so many. */
export interface Tail {
  readonly entries: readonly MessageEntry[]
  readonly limit: number
}

/**
 * The last `limit` messages before a position (without one: the latest), oldest first.
 *
 * @param tail of the first log, where the latest are asked for
 */
export async function pageBefore(
  logs: readonly Log[],
  conversationId: string,
  reader: Reader,
  limit: number,
  before?: string,
  tail?: Tail,
): Promise<Page> {
  const found = await lastMessages(logs, conversationId, reader, { count: limit + 1, before, tail })
  return { messages: found.slice(-limit), more: found.length > limit }
}

/** The very last one; `undefined` where there is none. */
export const latestMessage = async (
  logs: readonly Log[],
  conversationId: string,
  reader: Reader,
  tail: Tail,
): Promise<Message | undefined> =>
  (await lastMessages(logs, conversationId, reader, { count: 1, tail })).at(-1)

/** Segments that ended before the page begins are not read, so old folds cost nothing. */
async function lastMessages(
  logs: readonly Log[],
  conversationId: string,
  reader: Reader,
  { count, before, tail }: Pick<Reach, "count" | "before" | "tail">,
): Promise<Message[]> {
  const left = [...logs].sort((a, b) => (b.until?.at ?? Infinity) - (a.until?.at ?? Infinity))
  let found: Message[] = []
  const horizon = () => (found.length >= count ? found[0]?.receivedAt : undefined)
  const add = (parts: readonly Part[]) => {
    found = [...found, ...parts.flatMap(({ messages }) => messages)].sort(byPosition).slice(-count)
  }
  const stopped: { log: Log; rest: Address }[] = []
  while (left.length > 0) {
    const beyond = horizon()
    const together = takeTogether(left, count).filter(({ until }) => !until || until.at >= (beyond ?? 0))
    const parts = await Promise.all(
      together.map((log) => {
        const reads = log.until || logs.length === 1 ? undefined : FOLD_READS
        const known = log.until ? undefined : tail
        return lastOf(log, conversationId, reader, { count, before, horizon: beyond, reads, tail: known })
      }),
    )
    add(parts)
    together.forEach((log, index) => {
      const rest = parts[index]?.rest
      if (rest) stopped.push({ log, rest })
    })
  }
  for (const { log, rest } of stopped)
    add([await lastOf(log, conversationId, reader, { count, before, horizon: horizon(), rest })])
  return found
}

const MAX_TOGETHER = 16

/**
 * The next logs to be read side by side, for far from the store each wait counts: as many as it takes, at their lengths, to
 * fill the page. The log that is written has no end, and goes alone.
 */
function takeTogether(left: Log[], count: number): Log[] {
  let entries = 0
  const end = left.findIndex(({ until }, index) => {
    entries += until?.n ?? Infinity
    return entries >= count || index + 1 >= MAX_TOGETHER
  })
  return left.splice(0, end < 0 ? left.length : end + 1)
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
  const count = limit + 1
  const parts = await Promise.all(
    logs.map(async (log) => {
      const reads = log.until || logs.length === 1 ? undefined : FOLD_READS
      return { log, ...(await firstOf(log, conversationId, reader, after, { count, before, reads })) }
    }),
  )
  let found: Message[] = []
  const add = (more: readonly Message[]) => {
    const within = more.filter(({ position }) => before === undefined || position < before)
    found = [...found, ...within].sort(byPosition).slice(0, count)
  }
  for (const { messages } of parts) add(messages)
  for (const { log, rest } of parts) {
    if (!rest) continue
    const horizon = found.length > limit ? found.at(-1)?.receivedAt : undefined
    const part = await firstOf(log, conversationId, reader, after, { count, before, horizon, rest })
    add(part.messages)
  }
  return { messages: found.slice(0, limit), more: found.length > limit }
}

async function lastOf(
  log: Log,
  conversationId: string,
  reader: Reader,
  { count, before, horizon = -Infinity, reads = Infinity, rest, tail }: Reach,
): Promise<Part> {
  const found: Message[] = []
  let bound = rest ?? upperBound(log, before)
  let known = bound ? undefined : tail
  for (let read = 1; ; read += 1) {
    const limit = known?.limit ?? Math.min(READ_ENTRIES, count - found.length + SPARE_ENTRIES)
    const entries =
      known?.entries ?? (await log.partition.messages(log.name, { ...(bound && { before: bound }), limit }))
    known = undefined
    const page = shown(inside(log, entries), log, conversationId, reader)
    found.unshift(...page.filter(({ position }) => before === undefined || position < before))
    const first = entries[0]
    const over =
      !first ||
      entries.length < limit ||
      first.at < horizon ||
      (log.from !== undefined && !isLater(first, log.from))
    if (over || enough(found, count)) return { messages: found.slice(-count) }
    if (read >= reads) return { messages: found, rest: first }
    bound = first
  }
}

async function firstOf(
  log: Log,
  conversationId: string,
  reader: Reader,
  after: string,
  { count, before, horizon = Infinity, reads = Infinity, rest }: Reach,
): Promise<Part> {
  const found: Message[] = []
  let bound = rest ?? lowerBound(log, after)
  for (let read = 1; ; read += 1) {
    const limit = Math.min(READ_ENTRIES, count - found.length + SPARE_ENTRIES)
    const entries = await log.partition.messages(log.name, { after: bound, limit })
    const page = shown(inside(log, entries), log, conversationId, reader)
    found.push(...page.filter(({ position }) => position > after))
    const last = entries.at(-1)
    const passed = before !== undefined && last !== undefined && last.at > timeOf(before)
    const over = !last || entries.length < limit || passed || last.at > horizon
    if (over || enough(found, count)) return { messages: found.slice(0, count) }
    if (read >= reads) return { messages: found, rest: last }
    bound = last
  }
}

const inside = ({ from, until }: Log, entries: readonly MessageEntry[]): MessageEntry[] =>
  entries.filter((entry) => (!until || entry.n <= until.n) && (!from || isLater(entry, from)))

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
  // Copies have the order of their positions, but other numbers: within one millisecond all are read.
  const bound = log.copies ? { at: timeOf(before), n: Number.MAX_SAFE_INTEGER } : boundIn(log.name, before)
  if (!end) return bound
  return isLater(end, bound) ? bound : end
}

function lowerBound({ name, copies, from }: Log, after: string): Address {
  const bound = copies ? { at: timeOf(after), n: 0 } : boundIn(name, after)
  return from && isLater(from, bound) ? from : bound
}

export function shown(
  entries: readonly MessageEntry[],
  log: Log,
  conversationId: string,
  reader: Reader,
): Message[] {
  return entries.flatMap(({ at, n, payload }) => {
    if (payload.kind === "fold") return []
    const copy = payload.kind === "copy" ? payload : undefined
    const message = payload.kind === "copy" ? payload.message : payload
    if (message.internal && reader === "user") return []
    const view = messageView(message, copy?.log ?? log.name, { at, n: copy?.n ?? n }, conversationId)
    return [reader === "business" ? forBusiness(view) : view]
  })
}

const byPosition = (a: Message, b: Message): number => (a.position < b.position ? -1 : 1)
