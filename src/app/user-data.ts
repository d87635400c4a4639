/** Loads what a merge needs: the discarded user with everything they own, and the survivor as far as it matters. */

import { setImmediate as turn } from "node:timers/promises"
import type { RankingOf, Versioned } from "../domain/change-set.ts"
import type { ConversationState } from "../domain/conversation.ts"
import type { UserData } from "../domain/discarded-user.ts"
import type { MergeTarget } from "../domain/fold.ts"
import { NO_EARLIER_IMPORT, type Survivor } from "../domain/merge.ts"
import type { Ranked } from "../domain/ranked.ts"
import type { UserRecord } from "../domain/records.ts"
import type { UserId } from "../protocol/branded.ts"
import { type Partition, type Ref, ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import {
  allMovableConversations,
  loadConversationState,
  loadDefaultConversation,
  movableAmong,
  movableConversations,
  ownedHere,
  type ResolvedConversation,
  resolveConversation,
} from "./conversation-lookup.ts"
import { newLogCache, READ_ENTRIES } from "./log-cache.ts"
import type { Movable, PrefetchedTarget } from "./merge-request.ts"
import { prefetchLogEnds } from "./prefetch-log-ends.ts"

const LOADED_AT_ONCE = 10

/** A user who is neither merged away nor about to be. */
export interface ResolvedUser {
  readonly partition: Partition
  readonly versioned: Versioned<"user">
  readonly record: UserRecord
}

/** What a plan needs of the survivor. */
export const mergeTargetOf = ({
  record,
  partition,
  target,
  earlier,
  importedLogs,
}: Survivor): MergeTarget => ({
  userId: record.id,
  partition,
  target,
  hasDefault: record.defaultConversation !== undefined,
  earlier,
  importedLogs,
})

export async function loadUserData(app: App, user: ResolvedUser, reads = new ReadSet()): Promise<UserData> {
  const owned = allMovableConversations(user.partition, user.record, reads)
  return userDataWith(app, user, await Promise.all([owned, namesOf(user)]), reads)
}

/** Conversations that one commit of a merge moves at most. With more of them the merge goes in steps, the latest first. */
const MAX_MOVED_AT_ONCE = 50
/**
 * Conversations of one step: fewer, because while a commit is applied everything else waits. With twice as many, three
 * times as many of the others' sends took over 20 ms; with half as many, the merge took a third longer, for little.
 */
const MOVED_IN_STEP = 12

/** The same, with only the latest conversations where there are too many for one commit. */
export async function loadMovable(app: App, user: ResolvedUser, reads = new ReadSet()): Promise<Movable> {
  const { record } = user
  const atOnce = record.mergeState?.begun ? MOVED_IN_STEP : MAX_MOVED_AT_ONCE
  const [{ places, ranked, next }, names] = await movableAndNames(user, atOnce + 1, reads)
  const count = places.length > atOnce ? MOVED_IN_STEP : places.length
  const moved = places.slice(0, count)
  const left = places[count]?.record.id
  const upTo = ranked.find(({ member }) => member === moved.at(-1)?.record.id)
  const step =
    left !== undefined && upTo ? { no: (record.mergeState?.steps ?? 0) + 1, left, upTo } : undefined
  // The page had conversations that have moved already, so further ones may follow it.
  if (!step && next) return { userData: await loadUserData(app, user, reads), step }
  return { userData: await userDataWith(app, user, [moved, names], reads), step }
}

type Names = Pick<UserData, "aliases" | "devices">

/** Most users have few of everything: then one call reads all their rankings as one page. */
const FEW_RANKED = 200

/** The conversations to move, and the user's aliases and devices. */
async function movableAndNames(user: ResolvedUser, limit: number, reads: ReadSet) {
  const { partition, record } = user
  // A merge in steps has very many conversations, so one page would not hold them.
  const few = record.mergeState?.begun ? undefined : await fewRanked(user, reads)
  if (few) return Promise.all([movableAmong(partition, record, few.conversations, limit, reads), few.names])
  return Promise.all([movableConversations(partition, record, limit, reads), namesOf(user)])
}

/** `undefined` where the user has more than one page of them. */
async function fewRanked({ partition, record }: ResolvedUser, reads: ReadSet) {
  const ranked = (of: RankingOf) => ({ of, name: record.id })
  const sources = [ranked("conversations"), ranked("aliases"), ranked("devices")]
  const [all] = await Promise.all([
    partition.rankTogether(sources, { limit: FEW_RANKED }),
    loadDefaultConversation(partition, record, reads),
  ])
  if (all.length >= FEW_RANKED) return undefined
  const only = (of: RankingOf): Ranked[] =>
    all.flatMap(({ member, score, source }) => (source.of === of ? [{ member, score }] : []))
  return {
    conversations: only("conversations"),
    names: { aliases: only("aliases").map(({ member }) => member), devices: only("devices") },
  }
}

async function namesOf({ partition, record: { id } }: ResolvedUser): Promise<Names> {
  const [aliases, devices] = await Promise.all([
    partition.rank("aliases", id, { limit: MAX_MOVED_NAMES }),
    partition.rank("devices", id, { limit: MAX_MOVED_NAMES }),
  ])
  return { aliases: aliases.map(({ member }) => member), devices }
}

async function userDataWith(
  app: App,
  { partition, versioned, record }: ResolvedUser,
  [owned, names]: readonly [readonly ResolvedConversation[], Names],
  reads: ReadSet,
): Promise<UserData> {
  const conversations = await statesOf(app, owned, reads)
  return { partition: partition.index, user: versioned, record, conversations, ...names }
}

async function statesOf(
  app: App,
  places: readonly ResolvedConversation[],
  reads: ReadSet,
): Promise<ConversationState[]> {
  const states: ConversationState[] = []
  for (let from = 0; from < places.length; from += LOADED_AT_ONCE) {
    const some = places.slice(from, from + LOADED_AT_ONCE)
    states.push(...(await Promise.all(some.map((place) => loadConversationState(app, place, reads)))))
    // Lets others run in between: an embedded store's reads resolve without a turn of the event loop.
    if (places.length > LOADED_AT_ONCE) await turn()
  }
  return states
}

/** What a merge needs of the survivor, apart from who is merged into them. */
export interface LoadedTarget {
  /** The conversation that others are folded into, where there is one. */
  readonly state: ConversationState | undefined
  readonly devices: Survivor["devices"]
}

/** Of a user as this node saw them last: if they are as they were, nothing of it is asked for again. */
export function prefetchTarget(app: App, partition: Partition, userId: UserId): PrefetchedTarget {
  const cache = newLogCache()
  const id = partition.seen.get(ref("user", userId))?.value?.defaultConversation
  const record = id === undefined ? undefined : partition.seen.get(ref("conversation", id))?.value
  const ends = record && prefetchLogEnds(app, { partition, record }, READ_ENTRIES, cache)
  const devices = partition.rank("devices", userId, { limit: MAX_MOVED_NAMES })
  // A failure is thrown to those who await them.
  for (const asked of [ends, devices]) asked?.catch(() => undefined)
  return { userId, cache, devices }
}

/**
 * @param also loaded into `reads` by the same call
 * @param prefetched of this user or of another
 */
export async function loadTarget(
  app: App,
  { partition, record }: ResolvedUser,
  reads: ReadSet,
  also: readonly Ref[] = [],
  prefetched?: PrefetchedTarget,
): Promise<LoadedTarget> {
  const theirs = prefetched?.userId === record.id ? prefetched : undefined
  const [state, devices] = await Promise.all([
    targetState(app, { partition, record }, reads, also, theirs?.cache),
    theirs?.devices ?? partition.rank("devices", record.id, { limit: MAX_MOVED_NAMES }),
  ])
  return { state, devices }
}

async function targetState(
  app: App,
  { partition, record }: Pick<ResolvedUser, "partition" | "record">,
  reads: ReadSet,
  also: readonly Ref[],
  cache = newLogCache(),
): Promise<ConversationState | undefined> {
  const id = app.settings.conversationMode === "single" ? record.defaultConversation : undefined
  const own = id === undefined ? [] : [ref("conversation", id), ref("markers", id)]
  const loading = reads.load(partition, ...own, ...also)
  // Mostly a conversation is written in the log of its own name.
  if (id !== undefined && !reads.known(partition, ref("conversation", id)))
    cache(partition)
      .messages(id, { limit: READ_ENTRIES })
      .catch(() => undefined)
  await loading
  if (id === undefined) return undefined
  // Where it began may not know yet that it is theirs: the merge that brought it has stored its import, and not its forward.
  const here = ownedHere(partition, reads.known(partition, ref("conversation", id)), record.id)
  const place = here ?? (await resolveConversation(app, id, reads))
  return place?.record.userId === record.id
    ? loadConversationState(app, place, reads, cache, "roughly")
    : undefined
}

/** @param target where it is loaded already */
export async function loadSurvivor(
  app: App,
  { partition, versioned, record }: ResolvedUser,
  reads = new ReadSet(),
  discarded?: UserData,
  target: LoadedTarget | Promise<LoadedTarget> = loadTarget(app, { partition, versioned, record }, reads),
): Promise<Survivor> {
  const away = discarded && discarded.partition !== partition.index
  const [imported, { state, devices }] = await Promise.all([
    away ? reads.get(partition, "imported", discarded.record.id) : undefined,
    target,
  ])
  const { mergeState } = discarded?.record ?? {}
  const repeated = imported?.value ?? mergeState?.again ?? mergeState?.restarted ?? mergeState?.begun
  const earlier =
    away && repeated ? await earlierImport(app, partition, record.id, discarded) : NO_EARLIER_IMPORT
  return {
    partition: partition.index,
    user: versioned,
    record,
    target: state,
    devices,
    imported,
    ...earlier,
  }
}

/** What an earlier import of the same merge left here, where the merge is repeated because its other half was lost. */
async function earlierImport(
  app: App,
  partition: Partition,
  userId: UserId,
  { conversations }: UserData,
): Promise<Pick<Survivor, "earlier" | "importedLogs">> {
  const ids = conversations.map(({ record }) => record.id)
  const found = await partition.load(...ids.map((id) => ref("conversation", id)))
  const states = await Promise.all(
    found.map(async (versioned): Promise<readonly [string, ConversationState] | undefined> => {
      const { id, value } = versioned
      const home = { partition, versioned, record: value }
      const place = value?.forwardedTo ? await resolveConversation(app, value.forwardedTo.into) : home
      if (!place?.record || place.record.userId !== userId) return undefined
      return [id, await loadConversationState(app, { ...place, record: place.record })]
    }),
  )
  const left = found.flatMap(({ value }) => (value?.forwardedTo ? value.segments : []))
  return {
    earlier: new Map(states.filter((state) => state !== undefined)),
    importedLogs: new Map(left.map(({ log, last }) => [log, last])),
  }
}

/** How many ids of a discarded user the survivor takes over; the rest stay reachable by forwarding alone. */
const MAX_MOVED_NAMES = 1000
