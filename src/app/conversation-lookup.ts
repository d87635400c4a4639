/** Finds conversations by any id they ever had, and loads what decisions about them need. */

import type { Versioned } from "../domain/change-set.ts"
import { type ConversationState, NO_MARKERS } from "../domain/conversation.ts"
import { isMovable } from "../domain/merge-state.ts"
import type { Ranked } from "../domain/ranked.ts"
import type { ConversationRecord, UserRecord } from "../domain/records.ts"
import type { ConversationId, UserId } from "../protocol/branded.ts"
import type { Message } from "../protocol/model.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import { type Partition, type Ref, ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { exhausted } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { isBusy } from "./busy-conversation.ts"
import { type LogCache, newLogCache, READ_ENTRIES } from "./log-cache.ts"
import { type KnownTail, latestMessage, logsOf, pageBefore, type Reader } from "./message-history.ts"
import { prefetchLogEnds } from "./prefetch-log-ends.ts"
import { ROUGHLY, readingOf } from "./reading.ts"
import { withShown } from "./shown-reading.ts"

export interface ResolvedConversation {
  readonly partition: Partition
  readonly versioned: Versioned<"conversation">
  readonly record: ConversationRecord
}

/** The conversation as one partition has it, if it is this user's there and has not moved. */
export function ownedHere(
  partition: Partition,
  versioned: Versioned<"conversation"> | undefined,
  owner: UserId,
): ResolvedConversation | undefined {
  const record = versioned?.value
  if (!versioned || !record || record.forwardedTo || record.userId !== owner) return undefined
  return { partition, versioned, record }
}

/** How many forwarding records are followed from one id: more than any chain of merges has, so that a cycle ends. */
export const MAX_HOPS = 1_000

/**
 * [P5] The conversation that an id means today, over any number of folds and moves. `undefined` where there is none, or where
 * it was moved to a partition that has lost it.
 */
export async function resolveConversation(
  app: App,
  id: ConversationId,
  reads = new ReadSet(),
): Promise<ResolvedConversation | undefined> {
  let partition = app.homePartition(id)
  let name = id
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const one = ref("conversation", name)
    const versioned = partition && (reads.known(partition, one) ?? (await reads.load(partition, one))[0])
    if (!partition || !versioned?.value) return undefined
    const { forwardedTo } = versioned.value
    if (!forwardedTo) return { partition, versioned, record: versioned.value }
    name = forwardedTo.into
    partition = app.partition(forwardedTo.partition)
  }
  throw exhausted(app.contention, "conversation:resolve", MAX_HOPS)
}

/**
 * Mostly one read of the log: its end is enough, unless much is unread or a history was folded in lately.
 *
 * @param inStream while messages stream in, what agents have not read is counted no further than a user is shown
 */
export async function loadConversationState(
  app: App,
  place: ResolvedConversation,
  reads = new ReadSet(),
  cache = newLogCache(),
  inStream?: "roughly",
): Promise<ConversationState> {
  const { partition, versioned, record } = place
  const [markers, tail] = await Promise.all([
    reads.get(partition, "markers", record.id),
    prefetchLogEnds(app, place, READ_ENTRIES, cache),
  ])
  const bounds = inStream && isBusy(app, { tail }) ? ROUGHLY : {}
  const reading = (reader: Reader) =>
    readingOf(app, partition, record, markers.value ?? NO_MARKERS, reader, {
      tail: tailOf(tail),
      cache,
      ...(reader === "business" && bounds),
    })
  const [user, business, userReading, businessReading] = await Promise.all([
    lastMessage(app, place, "user", tail, cache),
    lastMessage(app, place, "business", tail, cache),
    reading("user"),
    reading("business").then((read) =>
      withShown(app, partition, record, read, { tail: tailOf(tail), cache }),
    ),
  ])
  return {
    versioned,
    record,
    markers,
    head: tail.at(-1),
    tail,
    reading: { user: userReading, business: businessReading },
    last: { user, business },
    lastActivityAt: isActivity(user) ? user.receivedAt : await lastActivity(app, place, tail),
  }
}

/** The latest message that the reader sees, over all logs of the conversation. */
export const lastMessage = (
  app: App,
  { partition, record }: ResolvedConversation,
  reader: Reader,
  tail: readonly MessageEntry[],
  cache?: LogCache,
): Promise<Message | undefined> =>
  latestMessage(logsOf(app, partition, record, cache), record.id, reader, tailOf(tail))

const tailOf = (entries: readonly MessageEntry[]): KnownTail => ({ entries, limit: READ_ENTRIES })

const isActivity = (message: Message | undefined): message is Message =>
  message?.author.type === "user" || message?.author.type === "agent"

/** When a user or an agent last wrote, Unix milliseconds; notes, bots and the system do not count. */
export async function lastActivity(
  app: App,
  { partition, record }: ResolvedConversation,
  tail?: readonly MessageEntry[],
): Promise<number> {
  const logs = logsOf(app, partition, record)
  let before: string | undefined
  // Ends at the beginning of the history at the latest.
  for (;;) {
    const bounds = { before, tail: tail && tailOf(tail) }
    const { messages, more } = await pageBefore(logs, record.id, "user", 10, bounds)
    const active = messages.findLast(isActivity)
    if (active || !more) return active?.receivedAt ?? record.createdAt
    before = messages[0]?.position
  }
}

interface Places {
  readonly places: ResolvedConversation[]
  readonly ranked: readonly Ranked[]
  readonly next?: Ranked
}

/**
 * Conversations of a user, latest activity first; `next` continues after the last one.
 *
 * @param also loaded into `reads` beside it
 */
export async function conversationsOf(
  partition: Partition,
  userId: UserId,
  page: { readonly before?: Ranked; readonly limit: number },
  reads?: ReadSet,
  also: readonly Ref[] = [],
): Promise<Places> {
  const [ranked] = await Promise.all([
    partition.rank("conversations", userId, page),
    reads && also.length > 0 ? reads.load(partition, ...also) : undefined,
  ])
  const theirs = ({ forwardedTo, ...record }: ConversationRecord) => !forwardedTo && record.userId === userId
  return placesOf(partition, ranked, page.limit, theirs, reads)
}

async function placesOf(
  partition: Partition,
  ranked: readonly Ranked[],
  limit: number,
  theirs: (record: ConversationRecord) => boolean,
  reads?: ReadSet,
): Promise<Places> {
  const names = ranked.map(({ member }) => ref("conversation", member))
  if (reads && names.length > 0)
    await reads.load(partition, ...names, ...names.map(({ id }) => ref("markers", id)))
  const versioned = reads ? await reads.load(partition, ...names) : await partition.load(...names)
  const places = versioned.flatMap((one) => {
    if (!one.value || !theirs(one.value)) return []
    const { forwardedTo: _, ...record } = one.value
    return [{ partition, versioned: one, record }]
  })
  const last = ranked.at(-1)
  return { places, ranked, ...(last && ranked.length === limit && { next: last }) }
}

/** Every conversation a user owns, however many. */
export async function allConversations(
  partition: Partition,
  userId: UserId,
): Promise<ResolvedConversation[]> {
  const all: ResolvedConversation[] = []
  let before: Ranked | undefined
  do {
    const page = { limit: 100, ...(before && { before }) }
    const { places, next } = await conversationsOf(partition, userId, page)
    all.push(...places)
    before = next
  } while (before)
  return all
}

/**
 * The conversations that a merge has yet to move, latest activity first, with their read markers. Mostly there is only the
 * default one, which is loaded beside the ranking.
 */
export async function movableConversations(
  partition: Partition,
  user: UserRecord,
  limit: number,
  reads: ReadSet,
  before = user.mergeState?.upTo,
): Promise<Places> {
  const { id } = user
  if (user.defaultConversation === undefined) return { places: [], ranked: [] }
  const [ranked] = await Promise.all([
    partition.rank("conversations", id, { limit, ...(before && { before }) }),
    loadDefaultConversation(partition, user, reads),
  ])
  return movableOf(partition, user, ranked, limit, reads)
}

/** The same, where the ranking of all the user's conversations was read already. */
export const movableAmong = (
  partition: Partition,
  user: UserRecord,
  ranked: readonly Ranked[],
  limit: number,
  reads: ReadSet,
): Promise<Places> =>
  movableOf(
    partition,
    user,
    user.defaultConversation === undefined ? [] : ranked.slice(0, limit),
    limit,
    reads,
  )

const movableOf = (
  partition: Partition,
  user: UserRecord,
  ranked: readonly Ranked[],
  limit: number,
  reads: ReadSet,
): Promise<Places> =>
  placesOf(partition, ranked, limit, (record) => isMovable(user, record, partition.index), reads)

export async function loadDefaultConversation(
  partition: Partition,
  { defaultConversation: id }: UserRecord,
  reads: ReadSet,
): Promise<void> {
  if (id !== undefined) await reads.load(partition, ref("conversation", id), ref("markers", id))
}

export async function allMovableConversations(
  partition: Partition,
  user: UserRecord,
  reads: ReadSet,
): Promise<ResolvedConversation[]> {
  const all: ResolvedConversation[] = []
  let before: Ranked | undefined
  do {
    const { places, next } = await movableConversations(partition, user, 100, reads, before)
    all.push(...places)
    before = next
  } while (before)
  return all
}
