/** Reads what a device begins with: the full state of its user, or the events after its cursor. */

import { CONVERSATION_MESSAGES } from "../domain/conversation.ts"
import { cursorOf, pageCursorOf } from "../domain/cursor.ts"
import type { UserRecord } from "../domain/records.ts"
import { blankUser, userView } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import type { State } from "../protocol/handshake.ts"
import { METADATA_BYTES } from "../protocol/scalars.ts"
import { BODY_BYTES } from "../protocol/untrusted.ts"
import { type Partition, type Ref, ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import type { Head } from "../store/contract.ts"
import type { App } from "./app.ts"
import { isStream } from "./busy-conversation.ts"
import { conversationsOf } from "./conversation-lookup.ts"
import { FRAME_BYTES, withinFrame } from "./frame-budget.ts"
import { newLogCache } from "./log-cache.ts"
import { prefetchLogEnds } from "./prefetch-log-ends.ts"
import { entriesShown, showConversations } from "./show-conversations.ts"
import { eventsAfter } from "./user-feed.ts"

/** The part of the state about the user; `ready` adds the device, the login and the session token. */
export type Situation = Pick<
  State,
  "user" | "resumed" | "events" | "conversations" | "next" | "cursor" | "settings"
>

export interface Snapshot {
  readonly situation: Situation
  /** The offset in the user's feed up to which the snapshot holds everything. */
  readonly offset: number
  /** The user as they were read; `undefined` for a visitor who never wrote. */
  readonly record: UserRecord | undefined
}

/** What is known of a device that enters a room. */
export interface Beginning {
  readonly cursor?: string | undefined
  /** The user's id has just been made for this device, so nothing can be stored of them. */
  readonly fresh?: boolean
  /** The user's record as read a moment ago: by it their default conversation is loaded in the first call. */
  readonly known?: UserRecord | undefined
  /** The head of the user's feed as the device's room has followed it. */
  readonly room?: { readonly head: Head } | undefined
}

const STATE_CONVERSATIONS = 25
const STATE_MESSAGES = 50
/** How often a state is read because something was stored meanwhile. */
const MAX_STATE_READS = 2
/** With so many new events during one reading there is a steady stream, and reading again would not help. */
const STREAM_EVENTS = 2

export async function snapshot(
  app: App,
  partition: Partition,
  userId: UserId,
  { cursor, fresh, known, room }: Beginning = {},
): Promise<Snapshot> {
  if (fresh) return blankState(app, userId)
  const missed = cursor === undefined ? undefined : await eventsAfter(app, partition, userId, cursor)
  if (!missed) return fullState(app, partition, userId, { known, room })
  const { user, record } = await showUser(partition, userId, new ReadSet())
  const { events, offset } = missed
  return {
    situation: { user, resumed: true, events, cursor: missed.cursor, settings: settingsOf(app) },
    offset,
    record,
  }
}

/** The state of a visitor whose id has just been made: nothing has to be read. */
function blankState(app: App, userId: UserId): Snapshot {
  const user = userView(blankUser(userId, 0))
  const cursor = cursorOf(userId, undefined)
  return {
    situation: { user, resumed: false, conversations: [], cursor, settings: settingsOf(app) },
    offset: 0,
    record: undefined,
  }
}

/**
 * The state at one offset of the feed: it is read after the feed's head is known, and again if that has moved since. Under a
 * steady stream the first try counts; what came meanwhile is sent again as events, and clients upsert by id.
 */
async function fullState(
  app: App,
  partition: Partition,
  userId: UserId,
  { known, room }: Pick<Beginning, "known" | "room">,
): Promise<Snapshot> {
  const id = known?.defaultConversation
  // Mostly their only one.
  const defaultConversation = id === undefined ? [] : [ref("conversation", id), ref("markers", id)]
  let head = room ? room.head : await partition.feedHead(userId)
  for (let tries = 1; ; tries += 1) {
    const reads = new ReadSet()
    const theirs = [ref("user", userId), ...defaultConversation]
    const { conversations, next, after } = await latestConversations(app, partition, userId, reads, theirs)
    const { user, record } = await showUser(partition, userId, reads)
    const moved = (after?.n ?? 0) - (head?.n ?? 0)
    const inStream =
      moved >= STREAM_EVENTS || conversations.some(({ messages = [] }) => isStream(app, messages))
    if (moved === 0 || inStream || tries >= MAX_STATE_READS) {
      const cursor = cursorOf(userId, head)
      return {
        situation: {
          user,
          resumed: false,
          conversations,
          ...(next !== undefined && { next }),
          cursor,
          settings: settingsOf(app),
        },
        offset: head?.n ?? 0,
        record,
      }
    }
    head = after
  }
}

async function showUser(partition: Partition, userId: UserId, reads: ReadSet) {
  const { value } = await reads.get(partition, "user", userId)
  return { user: userView(value ?? blankUser(userId, 0)), record: value }
}

/**
 * Far from the store each wait counts: where this node has seen the user's only conversation, the end of its log is asked
 * for beside its record, and the feed's head beside the messages, behind which the store answers it.
 *
 * @param also loaded into `reads` on the way
 */
async function latestConversations(
  app: App,
  partition: Partition,
  userId: UserId,
  reads: ReadSet,
  also: readonly Ref[],
) {
  const page = { limit: STATE_CONVERSATIONS }
  const placing = conversationsOf(partition, userId, page, reads, also)
  const prefetched = prefetchOnly(app, partition, also)
  const headThen = prefetched && partition.feedHead(userId)
  // Where it is not needed, its failure does not matter.
  headThen?.catch(() => undefined)
  const { places, next } = await placing
  const right = prefetched && places.every(({ versioned }) => versioned.version === prefetched.version)
  const [shown, after] = await Promise.all([
    showConversations(app, places, STATE_MESSAGES, reads, prefetched),
    right ? headThen : partition.feedHead(userId),
  ])
  return { conversations: withinFrame(shown), next: next && pageCursorOf(next), after }
}

/** The log of the user's only conversation, as this node saw it last; its record, which is read, tells if that holds. */
function prefetchOnly(app: App, partition: Partition, refs: readonly Ref[]) {
  const one = refs.find(({ kind }) => kind === "conversation")
  const seen = one && partition.seen.get(ref("conversation", one.id))
  if (!one || !seen?.value || app.settings.conversationMode !== "single") return undefined
  const cache = newLogCache()
  // Its readers await it, and are told of a failure.
  prefetchLogEnds(app, { partition, record: seen.value }, entriesShown(STATE_MESSAGES), cache).catch(
    () => undefined,
  )
  return { id: one.id, cache, version: seen.version }
}

export function settingsOf(app: App): State["settings"] {
  const { conversationMode, rateLimits } = app.settings
  return {
    conversationMode,
    limits: {
      bodyBytes: BODY_BYTES,
      frameBytes: FRAME_BYTES,
      textCharacters: 4096,
      metadataBytes: METADATA_BYTES,
      conversationMessages: CONVERSATION_MESSAGES,
      sendsPerSecond: rateLimits.sendsPerSecond,
      sendBurst: rateLimits.burst,
    },
  }
}
