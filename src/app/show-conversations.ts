/** Conversations as their readers see them: with markers, what is unread, and their latest messages. */
import { setImmediate as turn } from "node:timers/promises"
import { conversationView, NO_MARKERS } from "../domain/conversation.ts"
import type { MarkersRecord } from "../domain/records.ts"
import type { Conversation } from "../protocol/model.ts"
import { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import type { ResolvedConversation } from "./conversation-lookup.ts"
import { FRAME_BYTES } from "./frame-budget.ts"
import { type LogCache, newLogCache, READ_ENTRIES } from "./log-cache.ts"
import { entriesOfPage, type KnownTail, logsOf, pageBefore, type Reader } from "./message-history.ts"
import { prefetchLogEnds } from "./prefetch-log-ends.ts"
import { MAX_UNREAD, type ReadingBounds, ROUGHLY, readingOf } from "./reading.ts"
import { ifShowable } from "./showable.ts"
import { withShown } from "./shown-reading.ts"

/** Entries read of a conversation in a list: mostly enough for its last message and both sides' reading. */
const LISTED_ENTRIES = 8

interface ShownPart {
  readonly limit: number
  readonly reader?: Reader
  /** Bytes of messages, as stored, that it may hold; further ones are left out. */
  readonly bytes?: number
}

/** A conversation as its reader sees it, with up to `limit` of its latest messages. */
export async function showConversation(
  app: App,
  place: ResolvedConversation,
  limit: number,
  reader: Reader = "user",
  reads = new ReadSet(),
): Promise<Conversation> {
  return (await showLoaded(app, await loadShown(app, place, limit, reads), { limit, reader })).conversation
}

interface LoadedPlace extends ResolvedConversation {
  readonly markers: MarkersRecord
  readonly tail: KnownTail
  readonly cache: LogCache
}

async function loadShown(
  app: App,
  place: ResolvedConversation,
  asked: number,
  reads: ReadSet,
  { cache = newLogCache(), limit = entriesShown(asked) }: { cache?: LogCache; limit?: number } = {},
): Promise<LoadedPlace> {
  const { partition, record } = place
  const reading =
    asked > 1 ? prefetchLogEnds(app, place, limit, cache) : cache(partition).messages(record.log, { limit })
  const [{ value: markers = NO_MARKERS }, entries] = await Promise.all([
    reads.get(partition, "markers", record.id),
    reading,
  ])
  return { ...place, markers, tail: { entries, limit }, cache }
}

export const entriesShown = (asked: number): number =>
  asked > 1 ? Math.max(READ_ENTRIES, entriesOfPage(asked)) : LISTED_ENTRIES

interface Shown {
  readonly conversation: Conversation
  /** Of its messages, as stored. */
  readonly bytes: number
}

async function showLoaded(
  app: App,
  { partition, record, markers, tail, cache }: LoadedPlace,
  { limit, reader = "user", bytes }: ShownPart,
): Promise<Shown> {
  const read = (side: Reader, bounds: ReadingBounds) =>
    readingOf(app, partition, record, markers, side, { tail, cache, ...bounds })
  const logs = logsOf(app, partition, record, cache)
  const [{ messages, more, ...page }, user, business] = await Promise.all([
    pageBefore(logs, record.id, reader, Math.max(limit, 1), { tail, bytes }),
    read("user", reader === "user" ? {} : { most: MAX_UNREAD }),
    read("business", reader === "user" ? ROUGHLY : { most: MAX_UNREAD }),
  ])
  const last = messages.at(-1)
  // Looked for only if agents have not read up to the last message that the user sees.
  const within = reader === "user" && last && (business.readTo ?? "") < last.position
  const businessReading = within
    ? await withShown(app, partition, record, business, { tail, cache })
    : business
  const view = conversationView(record, { user, business: businessReading }, reader, last)
  if (limit === 0) return { conversation: view, bytes: 0 }
  return { conversation: { ...view, messages, more }, bytes: page.bytes }
}

/** Conversations read side by side; then others are served. The first one goes alone, and tells how long messages are. */
const SHOWN_AT_ONCE = 8

/** What was asked for of one conversation beside its record. */
export interface PrefetchedLog {
  readonly id: string
  readonly cache: LogCache
}

/**
 * Conversations as their user sees them, in their order, with up to `limit` of the latest messages of each while they fit
 * into one frame; without those that cannot be shown.
 */
export async function showConversations(
  app: App,
  places: readonly ResolvedConversation[],
  limit: number,
  reads = new ReadSet(),
  prefetched?: PrefetchedLog,
): Promise<Conversation[]> {
  const shown: Conversation[] = []
  let [room, count] = [FRAME_BYTES, 0]
  const show = async (place: LoadedPlace) => {
    const { conversation, bytes: taken } = await showLoaded(app, place, { limit, bytes: room })
    room -= taken
    count += conversation.messages?.length ?? 0
    return conversation
  }
  for (
    let from = 0, to = limit > 1 ? 1 : SHOWN_AT_ONCE;
    from < places.length;
    from = to, to += SHOWN_AT_ONCE
  ) {
    if (from > 0) await turn()
    const some = places.slice(from, to)
    const asked = room > 0 ? limit : Math.min(limit, 1)
    // Of long messages few fit, and a page of each conversation would be read for nothing.
    const fitting = count > 0 ? Math.ceil((room * count) / (FRAME_BYTES - room)) : asked
    const entries = Math.max(LISTED_ENTRIES, Math.min(entriesShown(asked), entriesOfPage(fitting)))
    const loaded = await Promise.all(
      some.map((place) =>
        loadShown(app, place, asked, reads, {
          limit: entries,
          ...(prefetched?.id === place.record.id && { cache: prefetched.cache }),
        }),
      ),
    )
    for (const place of loaded) {
      const one = await ifShowable(app, "conversation", place.record.id, () => show(place))
      if (one) shown.push(one)
    }
  }
  return shown
}
