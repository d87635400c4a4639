/**
 * A conversation's history is the time-ordered union of its logs: the one that is written now, and the segments
 * that were folded in. A fold adds segments and rewrites no message; only compaction (`compaction.ts`) copies some.
 */

import type { ConversationId, Millis } from "../protocol/branded.ts"
import type { Conversation, Message } from "../protocol/model.ts"
import type { Versioned } from "./change-set.ts"
import type { LogPayload, MessagePayload } from "./log-payloads.ts"
import type { MergeSides } from "./merge-sides.ts"
import { type Address, isLater, justBefore, positionOf } from "./position.ts"
import type { ConversationRecord, MarkersRecord, Segment } from "./records.ts"
import { conversationStatus } from "./ticket.ts"

/** A conversation with everything that decisions about it need. */
export interface ConversationState {
  readonly versioned: Versioned<"conversation">
  readonly record: ConversationRecord
  readonly markers: Versioned<"markers">
  /** The last entry of the log that is written now. */
  readonly head: (Address & { readonly tag?: string | undefined }) | undefined
  /** The latest entries of that log, oldest first. */
  readonly tail: readonly LogEntry[]
  /** How far each side has read what the other one wrote. */
  readonly reading: BothSides<Reading>
  /** The last message that each side sees. */
  readonly last: BothSides<Message | undefined>
  /** When a user or an agent wrote last: what tickets are ordered by. */
  readonly lastActivityAt: Millis
}

export type LogEntry = Address & { readonly payload: LogPayload }

export interface BothSides<T> {
  readonly user: T
  readonly business: T
}

/** How far one side has read a history. */
export interface Reading {
  /** Messages of the other side that it has not read. */
  readonly unread: number
  /** The position of the first of them. */
  readonly firstUnread?: string | undefined
  /** The latest position that this side has read in any log. In another log an earlier message may be unread. */
  readonly readTo?: string | undefined
  /** Set where `readTo` is an internal note: the latest message up to it that the user sees, `""` if there is none. */
  readonly shownTo?: string | undefined
}

const UNREAD_NOTHING: Reading = { unread: 0 }
export const NOTHING_TO_READ: BothSides<Reading> = { user: UNREAD_NOTHING, business: UNREAD_NOTHING }

/**
 * The reading of two joined histories: what was unread in either stays unread. The order of the arguments does not
 * matter.
 */
export function joinedReading(a: Reading, b: Reading): Reading {
  const firstUnread = earliest(a.firstUnread, b.firstUnread)
  const readTo = latest(a.readTo, b.readTo)
  const shownTo = latest(a.shownTo ?? a.readTo, b.shownTo ?? b.readTo)
  return {
    unread: a.unread + b.unread,
    ...(firstUnread !== undefined && { firstUnread }),
    ...(readTo !== undefined && { readTo }),
    ...(shownTo !== readTo && { shownTo }),
  }
}

/** The last position up to which nothing is unread. */
export const wholeUpTo = ({ readTo, firstUnread }: Reading): string | undefined =>
  readTo !== undefined && firstUnread !== undefined && readTo > firstUnread ? justBefore(firstUnread) : readTo

/** The same, as a user may see it: never the position of an internal note, because that says when the note was written. */
export function shownUpTo(reading: Reading, last: string | undefined): string | undefined {
  const whole = wholeUpTo(reading)
  if (whole === undefined || last === undefined) return undefined
  if (whole > last) return last
  return whole === reading.readTo && reading.shownTo !== undefined ? reading.shownTo || undefined : whole
}

const earliest = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a

const latest = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

export const NO_MARKERS: MarkersRecord = { user: {}, business: {} }

/** Entries a conversation may hold before it is locked for writing [4.2]. */
export const CONVERSATION_MESSAGES = 30_000

/** Messages in all logs but the current one. They count towards `CONVERSATION_MESSAGES`. */
export const foldedMessages = (record: ConversationRecord): number =>
  record.segments.reduce((sum, segment) => sum + segment.messages, 0)

/** The number of the first entry that the current log has no room for. Fold entries take no room. */
export const logBound = (record: ConversationRecord): number =>
  CONVERSATION_MESSAGES - foldedMessages(record) + (record.folds ?? 0)

/** Messages in the log that is written now, without its fold entries. */
export const ownMessages = ({ head, record }: Pick<ConversationState, "head" | "record">): number =>
  Math.max(0, (head?.n ?? 0) - (record.folds ?? 0))

/** Every log of a conversation, up to its last entry: what a fold or a move adds to the other conversation. */
export function allSegments(state: ConversationState, partition: number): Segment[] {
  if (!state.head) return [...state.record.segments]
  return [
    ...state.record.segments,
    {
      log: state.record.log,
      partition,
      last: { at: state.head.at, n: state.head.n },
      messages: ownMessages(state),
      ...(state.record.leftOut && { leftOut: state.record.leftOut }),
    },
  ]
}

/** Whether an entry of a segment's log is a part of the history: it is no copy of what is there already, and not left out. */
export const isPartOf = ({ after, leftOut }: Pick<Segment, "after" | "leftOut">, entry: Address): boolean =>
  (!after || isLater(entry, after)) && !leftOut?.includes(entry.n)

export function latestAddress(segments: readonly Segment[]): Address | undefined {
  return segments.reduce<Address | undefined>(
    (latest, { last }) => (latest === undefined || last.at > latest.at ? last : latest),
    undefined,
  )
}

export function joinedMarkers({ survivor, discarded }: MergeSides<MarkersRecord>): MarkersRecord {
  return {
    user: { ...discarded.user, ...survivor.user },
    business: { ...discarded.business, ...survivor.business },
  }
}

/** A marker only moves forward; reading at a position reads every log of the history up to it. */
export function readUpTo(
  markers: MarkersRecord,
  side: "user" | "business",
  record: ConversationRecord,
  position: string,
): MarkersRecord {
  const moved: Record<string, string> = { ...markers[side] }
  for (const log of [record.log, ...record.segments.map((segment) => segment.log)]) {
    const old = moved[log]
    if (old === undefined || old < position) moved[log] = position
  }
  return { ...markers, [side]: moved }
}

/**
 * A message as readers see it. Its position follows from where it lies; its author stays the user who wrote it, also
 * after a merge: in a conversation with one user, what `user` wrote is that user's own.
 */
export function messageView(
  row: MessagePayload,
  log: string,
  address: Address,
  conversationId: ConversationId,
): Message {
  const { id, localId, author, content, metadata, source, authenticated, internal } = row
  return {
    id,
    conversationId,
    position: positionOf(log, address),
    receivedAt: address.at,
    ...(localId !== undefined && { localId }),
    author,
    content,
    ...(metadata && { metadata }),
    source,
    authenticated,
    ...(internal && { internal }),
  }
}

/** Agents do not see device ids: a client that knows one can send under it. */
export function forBusiness(message: Message): Message {
  return message.source.deviceId === undefined
    ? message
    : { ...message, source: { channel: message.source.channel } }
}

/** The conversation as clients see it, without its messages. */
export function conversationView(
  record: ConversationRecord,
  reading: BothSides<Reading>,
  side: keyof BothSides<Reading>,
  last: Message | undefined,
): Conversation {
  const businessReading = side === "user" ? reading.business : { ...reading.business, shownTo: undefined }
  const user = shownUpTo(reading.user, last?.position)
  const business = shownUpTo(businessReading, last?.position)
  return {
    id: record.id,
    isDefault: record.isDefault,
    createdAt: record.createdAt,
    updatedAt: Math.max(record.createdAt, last?.receivedAt ?? 0),
    status: conversationStatus(record.ticket),
    unreadCount: reading[side].unread,
    readTo: { ...(user !== undefined && { user }), ...(business !== undefined && { business }) },
    ...(last && { lastMessage: { ...last, conversationId: record.id } }),
    ...(record.metadata && { metadata: record.metadata }),
  }
}
