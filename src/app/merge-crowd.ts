/** Reads the users that are merged together in one commit, and decides it (`merge-together.ts`). */

import { setImmediate as turn } from "node:timers/promises"
import { afterMove, badgedTickets, MAX_BADGES, needsRanking } from "../domain/badge.ts"
import type { Versioned } from "../domain/change-set.ts"
import type { UserData } from "../domain/discarded-user.ts"
import { sendId } from "../domain/known-sends.ts"
import type { MergeCommand, Survivor } from "../domain/merge.ts"
import { type BearsBadge, type MergedMany, mergeMany } from "../domain/merge-many.ts"
import type { Ranked } from "../domain/ranked.ts"
import { activeMember, isActive } from "../domain/ticket.ts"
import { isAuthenticated } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { isBusy } from "./busy-conversation.ts"
import type { MergeRequest } from "./merge-request.ts"
import { resolveUser } from "./merge-users.ts"
import { type LoadedTarget, loadMovable, loadTarget, type ResolvedUser } from "./user-data.ts"

/** What one commit moves at most: conversations, and log entries, whose sends it makes known under the survivor's id. */
const MAX_CONVERSATIONS = 50
const MAX_ENTRIES = 1_000

/** Merges into one survivor that are done together, each under a merge id of its own. */
export interface Together {
  readonly app: App
  readonly survivingId: UserId
  readonly requests: readonly MergeRequest[]
  readonly mergeIds: ReadonlyMap<MergeRequest, string>
  /** Requests whose user was frozen, because they live in another partition than the survivor. */
  readonly frozen: ReadonlySet<MergeRequest>
}

export interface Candidate {
  readonly request: MergeRequest
  readonly mergeId: string
  readonly userData: UserData
  readonly imported: Versioned<"imported"> | undefined
}

/** The survivor and the users to be merged, as of one moment. */
export interface Seen {
  readonly survivor: ResolvedUser
  readonly target: LoadedTarget
  readonly candidates: readonly Candidate[]
}

/** The survivor is read first: a user seen frozen after that cannot have been thawed for this commit. */
export async function loadCandidates(together: Together, reads: ReadSet): Promise<Seen | undefined> {
  const { app, survivingId, requests } = together
  const survivor = await resolveUser(app, survivingId, reads)
  if (!survivor) return undefined
  const [target, found] = await Promise.all([
    loadTarget(app, survivor, reads),
    inTurns(requests, (request) => candidateOf(together, request, survivor, reads)),
  ])
  if (!target.state && app.settings.conversationMode === "single") return undefined
  const candidates = within(found.filter((one) => one !== undefined))
  return candidates.length > 0 ? { survivor, target, candidates } : undefined
}

/** Users whose reading begins in one turn of the event loop. The next ones begin without waiting for these. */
const READ_IN_A_TURN = 10

/**
 * Begins a few at a time and lets the event loop turn in between: an embedded store's reads resolve without a turn of
 * their own.
 */
async function inTurns<T, R>(all: readonly T[], read: (one: T) => Promise<R>): Promise<R[]> {
  const begun: Promise<R[]>[] = []
  for (let from = 0; from < all.length; from += READ_IN_A_TURN) {
    const some = Promise.all(all.slice(from, from + READ_IN_A_TURN).map(read))
    // A failure is thrown below, when all have begun; until then it is no unhandled rejection.
    some.catch(() => undefined)
    begun.push(some)
    if (all.length > READ_IN_A_TURN) await turn()
  }
  return (await Promise.all(begun)).flat()
}

/** The first users that together are not too much for one commit, each user and each send once. */
function within(all: readonly Candidate[]): Candidate[] {
  let conversations = 0
  let entries = 0
  const ids = new Set<string>()
  const sends = new Set<string>()
  return all.filter(({ userData: { record, conversations: owned } }) => {
    const theirs = owned.flatMap(({ tail }) =>
      tail.flatMap(({ payload }) => sendId(payload, record.id)?.key ?? []),
    )
    if (theirs.some((name) => sends.has(name))) return false
    const more = owned.reduce((sum, { tail }) => sum + tail.length, 0)
    const fits = conversations + owned.length <= MAX_CONVERSATIONS && entries + more <= MAX_ENTRIES
    if (!fits || ids.has(record.id)) return false
    ids.add(record.id)
    for (const name of theirs) sends.add(name)
    conversations += owned.length
    entries += more
    return true
  })
}

/**
 * `undefined` where the user has to be merged alone: writing, merged meanwhile, with too many conversations, imported
 * before.
 */
async function candidateOf(
  { app, mergeIds, frozen }: Together,
  request: MergeRequest,
  survivor: ResolvedUser,
  reads: ReadSet,
): Promise<Candidate | undefined> {
  const mergeId = mergeIds.get(request)
  const discarded = frozen.has(request)
    ? await frozenUser(app, request, mergeId, reads)
    : await resolveUser(app, request.discardedId, reads)
  if (!discarded || mergeId === undefined) return undefined
  const { record, partition } = discarded
  if (record.id !== request.discardedId || record.id === survivor.record.id) return undefined
  // Only an operator merges two identified users; and the badges below are computed for a survivor who is identified.
  if (record.externalId !== undefined && (request.reason !== "api" || !isAuthenticated(survivor.record)))
    return undefined
  const away = partition !== survivor.partition
  const [{ userData, step }, imported] = await Promise.all([
    loadMovable(app, discarded, reads),
    away ? reads.get(survivor.partition, "imported", record.id) : undefined,
  ])
  if (step || imported?.value || userData.conversations.some((state) => isBusy(app, state))) return undefined
  return { request, mergeId, userData, imported }
}

/** The user's record, if it is still frozen by this very merge. */
async function frozenUser(
  app: App,
  { discardedId }: MergeRequest,
  mergeId: string | undefined,
  reads: ReadSet,
): Promise<ResolvedUser | undefined> {
  const partition = app.homePartition(discardedId)
  const versioned = partition && (await reads.get(partition, "user", discardedId))
  const record = versioned?.value
  const { kind, mergeId: id } = record?.mergeState ?? {}
  if (!partition || !versioned || !record || kind !== "merging" || id !== mergeId) return undefined
  return { partition, versioned, record }
}

export const commandOf = (app: App, { request, mergeId }: Candidate, exact: boolean): MergeCommand => ({
  mergeId,
  reason: request.reason,
  mode: app.settings.conversationMode,
  now: request.now,
  exact,
})

export async function decideTogether(
  app: App,
  { survivor, target, candidates }: Seen,
  exact: boolean,
): Promise<MergedMany> {
  const into: Survivor = {
    partition: survivor.partition.index,
    user: survivor.versioned,
    record: survivor.record,
    target: target.state,
    devices: target.devices,
    imported: undefined,
    earlier: new Map(),
    importedLogs: new Map(),
  }
  const all = candidates.map((one) => ({ ...one, command: commandOf(app, one, exact) }))
  const merged = mergeMany(into, all, await badgesFor(survivor, candidates))
  // Encoding it takes a while, too: others run in between.
  if (candidates.length > READ_IN_A_TURN) await turn()
  return merged
}

/** Which moved tickets bear the badge. Tickets of the survivor that lose it are told of afterwards (`tell-badges.ts`). */
async function badgesFor(
  { partition, record }: ResolvedUser,
  candidates: readonly Candidate[],
): Promise<BearsBadge> {
  if (!isAuthenticated(record)) return () => () => false
  const coming = candidates.reduce((sum, { userData }) => sum + (userData.record.activeTickets ?? 0), 0)
  if (!needsRanking((record.activeTickets ?? 0) + coming)) return () => () => true
  let head: readonly Ranked[] = await partition.rank("active", record.id, { limit: MAX_BADGES })
  return ({ tickets }) => {
    for (const { after, lastActivityAt } of tickets)
      if (isActive(after))
        head = afterMove(head, { enters: { member: activeMember(after), score: lastActivityAt } })
    const bearing = badgedTickets(head)
    return (ticketId) => bearing.has(ticketId)
  }
}
