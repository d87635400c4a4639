/** A user's feed as their devices see it: stored entries become events, in order, with the messages they point to. */

import { REPLAYED_MS } from "../domain/compaction.ts"
import { messageView } from "../domain/conversation.ts"
import { cursorOf, parseCursor } from "../domain/cursor.ts"
import type { ImportedSegments } from "../domain/log-payloads.ts"
import { type Address, FIRST } from "../domain/position.ts"
import type { UserId } from "../protocol/branded.ts"
import type { FeedEvent, UserEvent } from "../protocol/events.ts"
import type { Conversation, Message } from "../protocol/model.ts"
import type { FeedEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { FRAME_BUDGET, latestThatFit, sizeOf, withLastThatFit } from "./frame-budget.ts"
import { pageBefore, type Reader, segmentLogs } from "./message-history.ts"

/** Bytes of a merge's frame for the names of conversations; the rest is for messages. */
const NAMED_BUDGET = FRAME_BUDGET - 32 * 1024

interface MergeData {
  readonly mergedConversations: { readonly surviving: string; readonly discarded: string }[]
  readonly conversations: Conversation[]
  readonly more?: true | undefined
}

/** Conversations of an event whose messages are read side by side. */
const READ_AT_ONCE = 10
/** Messages that a `user:merge` shows of each conversation at most [3.3]. */
const MERGE_EVENT_MESSAGES = 100

/** Entries a resume reads at most: as many as a feed keeps. */
const MAX_RESUME_ENTRIES = 1500
/** Entries of the first page of a resume, because mostly little was missed; each further page is `factor` times as long. */
const RESUME_PAGE = { entries: 60, factor: 2 } as const

/** The event of an entry that holds all of it; `undefined` where messages have to be read first. */
export function eventNow(userId: UserId, entry: FeedEntry): FeedEvent | undefined {
  const { payload, message } = entry
  switch (payload.kind) {
    case "moved":
    case "ended":
    case "import":
      return undefined
    case "event":
      return envelope(userId, entry, payload.event)
    case "message": {
      const shown = pointedMessage(message)
      const data = { conversationId: shown.conversationId, message: shown }
      return envelope(userId, entry, { type: "conversation:message", data })
    }
  }
}

/** The message that an entry of a feed points to. */
export function pointedMessage(message: FeedEntry["message"]): Message {
  if (message?.payload.kind !== "message") throw new Error("A feed points to a message that is not there.")
  const { log, payload } = message
  const copy = log.indexOf(".")
  return messageView(payload, log, message, copy === -1 ? log : log.slice(0, copy))
}

/** @returns `undefined` where only a full state is right */
export async function eventOf(app: App, userId: UserId, entry: FeedEntry): Promise<FeedEvent | undefined> {
  const { payload } = entry
  if (payload.kind !== "import") return eventNow(userId, entry)
  if (payload.again) return undefined
  const { event, importedSegments } = payload
  if (event.type === "user:merge") {
    const data = await withMessages(app, event.data, importedSegments, "user")
    return envelope(userId, entry, { type: event.type, data })
  }
  const data = await withMessages(app, event.data, importedSegments, "user")
  return envelope(userId, entry, { type: event.type, data })
}

/** Names as many conversations of a merge as fit into a frame. */
function namedThatFit<Data extends MergeData>(data: Data): Data {
  let budget = NAMED_BUDGET - sizeOf({ ...data, conversations: [], mergedConversations: [] })
  const fitting = <T>(items: readonly T[], size: (item: T) => number): T[] => {
    const end = items.findIndex((item) => {
      budget -= size(item) + 1
      return budget < 0
    })
    return items.slice(0, end === -1 ? items.length : end)
  }
  const mergedConversations = fitting(data.mergedConversations, sizeOf)
  const conversations = fitting(data.conversations, ({ lastMessage: _, ...rest }) => sizeOf(rest))
  const whole =
    mergedConversations.length === data.mergedConversations.length &&
    conversations.length === data.conversations.length
  return { ...data, mergedConversations, conversations, ...(!whole && { more: true as const }) }
}

/**
 * The event of a merge with the messages that it brought. They lie in logs that are never written again, so the event
 * is always the same.
 */
export async function withMessages<Data extends MergeData>(
  app: App,
  stored: Data,
  importedSegments: readonly ImportedSegments[],
  reader: Reader,
): Promise<Data> {
  const data = namedThatFit(stored)
  const named = withLastThatFit(data.conversations, FRAME_BUDGET - sizeOf({ ...data, conversations: [] }))
  let budget = named.left
  const segmentsOf = new Map(importedSegments.map((one) => [one.conversationId, one.segments]))
  const read = ({ id }: Conversation) =>
    pageBefore(segmentLogs(app, segmentsOf.get(id) ?? []), id, reader, MERGE_EVENT_MESSAGES)
  const conversations: Conversation[] = []
  for (let from = 0; from < named.conversations.length; from += READ_AT_ONCE) {
    const some = named.conversations.slice(from, from + READ_AT_ONCE)
    // A frame that is full needs no more messages.
    const pages = budget > 0 ? await Promise.all(some.map(read)) : []
    some.forEach((conversation, index) => {
      const { messages, more } = pages[index] ?? { messages: [], more: true }
      const fitting = latestThatFit(messages, budget)
      budget -= sizeOf(fitting)
      const cut = more || fitting.length < messages.length
      conversations.push({ ...conversation, messages: fitting, ...(cut && { more: true }) })
    })
  }
  return { ...data, conversations }
}

function envelope(userId: UserId, entry: FeedEntry, event: UserEvent): FeedEvent {
  return { offset: entry.n, cursor: cursorOf(userId, entry), at: entry.at, ...event }
}

/**
 * [P2] Exactly the events after the cursor – or `undefined`, and the full state is the answer: when the cursor is not
 * of this user's feed, when its entry is not the one it names (the store lost its tail), when events after it are a month
 * old or were trimmed, or when they would not fit into a frame.
 */
export async function eventsAfter(
  app: App,
  partition: Partition,
  userId: UserId,
  cursor: string,
): Promise<{ events: FeedEvent[]; cursor: string; offset: number } | undefined> {
  const place = parseCursor(cursor)
  if (place?.userId !== userId) return undefined
  const events: FeedEvent[] = []
  let budget = FRAME_BUDGET
  let last: FeedEntry | undefined
  let limit: number = RESUME_PAGE.entries
  for (let read = 0; read < MAX_RESUME_ENTRIES; limit *= RESUME_PAGE.factor) {
    const page = await partition.feed(userId, { after: last ?? beginOf(place), limit })
    const entries = last ? goingOn(last, page) : named(place, page)
    if (!entries || entries.some(({ at }) => at < app.now() - REPLAYED_MS)) return undefined
    for (const entry of entries) {
      // A message that cannot fit is not even decoded: as an event it is not shorter than as stored.
      const event = (entry.message?.bytes ?? 0) > budget ? undefined : await eventOf(app, userId, entry)
      budget -= event ? sizeOf(event) : 0
      if (!event || budget < 0) return undefined
      events.push(event)
    }
    last = page.at(-1) ?? last
    read += page.length
    if (page.length < limit) break
  }
  const end = events.length > 0 ? last : undefined
  return { events, cursor: end ? cursorOf(userId, end) : cursor, offset: end?.n ?? place.n }
}

type Place = NonNullable<ReturnType<typeof parseCursor>>

/** A cursor's own entry is read too, to see that it is the one. */
const beginOf = ({ at, n }: Place): Address => (n === 0 ? FIRST : { at, n: n - 1 })

function named({ n, at, tag }: Place, page: readonly FeedEntry[]): readonly FeedEntry[] | undefined {
  const [first] = page
  if (n === 0) return (first?.n ?? 1) === 1 ? page : undefined
  return first?.n === n && first.tag === tag && first.at === at ? page.slice(1) : undefined
}

/** The page, if it follows the last entry: events between two pages may have been trimmed or lost. */
const goingOn = (last: FeedEntry, page: readonly FeedEntry[]): readonly FeedEntry[] | undefined =>
  page[0] === undefined || page[0].n === last.n + 1 ? page : undefined
