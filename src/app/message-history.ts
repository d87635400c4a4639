/** Reading a history: the time-ordered union of a conversation's logs, page by page. */

import { forBusiness, isPartOf, messageView } from "../domain/conversation.ts"
import { type Address, boundIn, isLater, timeOf } from "../domain/position.ts"
import type { ConversationRecord, Segment } from "../domain/records.ts"
import type { ConversationId } from "../protocol/branded.ts"
import type { Message } from "../protocol/model.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { Gathering, type Part } from "./gathering.ts"
import { type LogCache, type MessageLogs, newLogCache, READ_ENTRIES } from "./log-cache.ts"

export type Reader = "user" | "business"

export interface MessagePage {
  readonly messages: Message[]
  readonly more: boolean
}

interface Log extends Pick<Segment, "after" | "copies" | "leftOut"> {
  readonly partition: MessageLogs
  readonly name: string
  /** Entries after this one do not belong to the history that is read. */
  readonly until?: Address
}

/** Entries read beyond the page: fold entries are skipped, and should rarely cost a second read. */
const SPARE_ENTRIES = 4
/** How many entries are read for a page: one more than the page, to tell whether there are more, and some to spare. */
export const entriesOfPage = (limit: number): number => limit + 1 + SPARE_ENTRIES
/**
 * Reads of the current log before the folded ones are read: its end may be nothing but fold entries. It is read further
 * only if the page is not full then.
 */
const FOLD_READS = 2

export function logsOf(app: App, partition: Partition, record: ConversationRecord, cache?: LogCache): Log[] {
  const { log: name, leftOut, segments } = record
  return [{ partition, name, leftOut }, ...segmentLogs(app, segments, cache)]
}

export function segmentLogs(app: App, segments: readonly Segment[], cache = newLogCache()): Log[] {
  return segments.map(({ log, partition, last, after, copies, leftOut }) => ({
    partition: cache(app.partition(partition)),
    name: log,
    until: last,
    after,
    copies,
    leftOut,
  }))
}

interface Reach {
  readonly count: number
  /** Reading stops when the messages have this many bytes, as stored. */
  readonly bytes?: number | undefined
  readonly before?: string | undefined
  /** Messages beyond this time do not belong on the page, Unix milliseconds. */
  readonly horizon?: number | undefined
  readonly reads?: number | undefined
  /** The entry at which an earlier reading stopped. */
  readonly rest?: Address | undefined
  readonly tail?: KnownTail | undefined
}

/** The last entries of the current log as the caller has read them: `limit` of them, or all there are. */
export interface KnownTail {
  readonly entries: readonly MessageEntry[]
  readonly limit: number
}

/**
 * The last `limit` messages before a position (without one: the latest), oldest first; fewer where they are more than a
 * frame holds.
 *
 * @param bounds.tail of the first log, where the latest are asked for
 * @returns also the bytes of what was gathered, as stored
 */
export async function pageBefore(
  logs: readonly Log[],
  conversationId: ConversationId,
  reader: Reader,
  limit: number,
  bounds: Pick<Reach, "before" | "tail" | "bytes"> = {},
): Promise<MessagePage & Pick<Part, "bytes">> {
  const asked = { ...bounds, count: limit + 1 }
  const { messages, bytes, full } = await lastMessages(logs, conversationId, reader, asked)
  return { messages: messages.slice(-limit), bytes, more: messages.length > limit || full !== undefined }
}

/** The very last one; `undefined` where there is none. */
export const latestMessage = async (
  logs: readonly Log[],
  conversationId: ConversationId,
  reader: Reader,
  tail: KnownTail,
): Promise<Message | undefined> =>
  (await lastMessages(logs, conversationId, reader, { count: 1, tail })).messages.at(-1)

/** Segments that end before the page begins are not read, so old folds cost nothing. */
async function lastMessages(
  logs: readonly Log[],
  conversationId: ConversationId,
  reader: Reader,
  { count, bytes, before, tail }: Pick<Reach, "count" | "bytes" | "before" | "tail">,
): Promise<Part> {
  const left = [...logs].sort((a, b) => (b.until?.at ?? Infinity) - (a.until?.at ?? Infinity))
  let found: Message[] = []
  let gathered = 0
  let full: string | undefined
  const horizon = () => (found.length >= count || full !== undefined ? found[0]?.receivedAt : undefined)
  const add = (parts: readonly Part[]) => {
    for (const part of parts)
      if (part.full !== undefined && (full === undefined || part.full > full)) full = part.full
    for (const part of parts) gathered += part.bytes
    const all = [...found, ...parts.flatMap(({ messages }) => messages)]
    const within = all.filter(({ position }) => full === undefined || position >= full)
    found = within.sort(byPosition).slice(-count)
  }
  const stopped: { log: Log; rest: Address }[] = []
  while (left.length > 0) {
    const beyond = horizon()
    const together = takeTogether(left, count).filter(({ until }) => !until || until.at >= (beyond ?? 0))
    const parts = await Promise.all(
      together.map((log) => {
        const reads = log.until || logs.length === 1 ? undefined : FOLD_READS
        const known = log.until ? undefined : tail
        const reach = { count, bytes, before, horizon: beyond, reads, tail: known }
        return lastOf(log, conversationId, reader, reach)
      }),
    )
    add(parts)
    together.forEach((log, index) => {
      const rest = parts[index]?.rest
      if (rest) stopped.push({ log, rest })
    })
  }
  for (const { log, rest } of stopped)
    add([await lastOf(log, conversationId, reader, { count, bytes, before, horizon: horizon(), rest })])
  return { messages: found, bytes: gathered, full }
}

const MAX_TOGETHER = 16

/**
 * Takes the next logs to be read side by side, because far from the store each wait counts: as many as are needed, by their
 * lengths, to fill the page. The current log may fill any page, and goes alone.
 */
function takeTogether(left: Log[], count: number): Log[] {
  let entries = 0
  const end = left.findIndex(({ until }, index) => {
    entries += until?.n ?? Infinity
    return entries >= count || index + 1 >= MAX_TOGETHER
  })
  return left.splice(0, end < 0 ? left.length : end + 1)
}

/** The first `limit` messages after a position, oldest first; fewer where they are more than a frame holds. */
export async function pageAfter(
  logs: readonly Log[],
  conversationId: ConversationId,
  reader: Reader,
  limit: number,
  after: string,
  before?: string,
): Promise<MessagePage> {
  if (before !== undefined && before <= after) return { messages: [], more: false }
  const count = limit + 1
  const parts = await Promise.all(
    logs.map(async (log) => {
      const reads = log.until || logs.length === 1 ? undefined : FOLD_READS
      return { log, ...(await firstOf(log, conversationId, reader, after, { count, before, reads })) }
    }),
  )
  let found: Message[] = []
  let full: string | undefined
  const add = (part: Part) => {
    if (part.full !== undefined && (full === undefined || part.full < full)) full = part.full
    const within = [...found, ...part.messages].filter(
      ({ position }) =>
        (before === undefined || position < before) && (full === undefined || position <= full),
    )
    found = within.sort(byPosition).slice(0, count)
  }
  for (const part of parts) add(part)
  for (const { log, rest } of parts) {
    if (!rest) continue
    const horizon = found.length > limit || full !== undefined ? found.at(-1)?.receivedAt : undefined
    add(await firstOf(log, conversationId, reader, after, { count, before, horizon, rest }))
  }
  return { messages: found.slice(0, limit), more: found.length > limit || full !== undefined }
}

async function lastOf(
  log: Log,
  conversationId: ConversationId,
  reader: Reader,
  { count, bytes, before, horizon = -Infinity, reads = Infinity, rest, tail }: Reach,
): Promise<Part> {
  const found = new Gathering(count, bytes)
  let bound = rest ?? upperBound(log, before)
  let known = bound ? undefined : tail
  for (let read = 1; ; read += 1) {
    const limit = known?.limit ?? Math.min(READ_ENTRIES, count - found.messages.length + SPARE_ENTRIES)
    const entries =
      known?.entries ?? (await log.partition.messages(log.name, { ...(bound && { before: bound }), limit }))
    known = undefined
    for (const entry of inside(log, entries).toReversed()) {
      const message = shown(entry, log, conversationId, reader)
      if (!message || (before !== undefined && message.position >= before)) continue
      if (found.add(message, entry.bytes)) return found.part(true)
    }
    const first = entries[0]
    const over =
      !first ||
      entries.length < limit ||
      first.at < horizon ||
      (log.after !== undefined && !isLater(first, log.after))
    if (over) return found.part()
    if (read >= reads) return { ...found.part(), rest: first }
    bound = first
  }
}

async function firstOf(
  log: Log,
  conversationId: ConversationId,
  reader: Reader,
  after: string,
  { count, before, horizon = Infinity, reads = Infinity, rest }: Reach,
): Promise<Part> {
  const found = new Gathering(count)
  let bound = rest ?? lowerBound(log, after)
  for (let read = 1; ; read += 1) {
    const limit = Math.min(READ_ENTRIES, count - found.messages.length + SPARE_ENTRIES)
    const entries = await log.partition.messages(log.name, { after: bound, limit })
    for (const entry of inside(log, entries)) {
      const message = shown(entry, log, conversationId, reader)
      if (message && message.position > after && found.add(message, entry.bytes)) return found.part(true)
    }
    const last = entries.at(-1)
    const passed = before !== undefined && last !== undefined && last.at > timeOf(before)
    const over = !last || entries.length < limit || passed || last.at > horizon
    if (over) return found.part()
    if (read >= reads) return { ...found.part(), rest: last }
    bound = last
  }
}

const inside = (log: Log, entries: readonly MessageEntry[]): MessageEntry[] =>
  entries.filter((entry) => (!log.until || entry.n <= log.until.n) && isPartOf(log, entry))

function upperBound(log: Log, before: string | undefined): Address | undefined {
  const end = log.until && { at: log.until.at, n: log.until.n + 1 }
  if (before === undefined) return end
  // Copies have the order of their positions, but other numbers: within one millisecond all are read.
  const bound = log.copies ? { at: timeOf(before), n: Number.MAX_SAFE_INTEGER } : boundIn(log.name, before)
  if (!end) return bound
  return isLater(end, bound) ? bound : end
}

function lowerBound({ name, copies, after: from }: Log, after: string): Address {
  const bound = copies ? { at: timeOf(after), n: 0 } : boundIn(name, after)
  return from && isLater(from, bound) ? from : bound
}

/** @returns `undefined` for what is no message, or not for this reader */
function shown(
  { at, n, payload }: MessageEntry,
  log: Log,
  conversationId: ConversationId,
  reader: Reader,
): Message | undefined {
  if (payload.kind === "fold") return undefined
  const copy = payload.kind === "copy" ? payload : undefined
  const message = payload.kind === "copy" ? payload.message : payload
  if (message.internal && reader === "user") return undefined
  const view = messageView(message, copy?.log ?? log.name, { at, n: copy?.n ?? n }, conversationId)
  return reader === "business" ? forBusiness(view) : view
}

const byPosition = (a: Message, b: Message): number => (a.position < b.position ? -1 : 1)
