/** What is read of a crowd that is merged together, and what is decided on it (`merge-together.ts`). */

import { setImmediate as turn } from "node:timers/promises"
import { afterMove, badgedTickets, MAX_BADGES, needsRanking } from "../domain/badge.ts"
import type { Versioned } from "../domain/change-set.ts"
import type { UserData } from "../domain/discarded-user.ts"
import type { MergeCommand, Survivor } from "../domain/merge.ts"
import { type BearsBadge, type MergedMany, mergeMany } from "../domain/merge-many.ts"
import type { Ranked } from "../domain/ranked.ts"
import { activeMember, isActive } from "../domain/ticket.ts"
import { isAuthenticated } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import type { MergeRequest } from "./merge-request.ts"
import { resolveUser } from "./merge-users.ts"
import { isBusy } from "./tell-again.ts"
import { type LoadedTarget, loadMovable, loadTarget, type ResolvedUser } from "./user-data.ts"

/** What one commit moves at most: as much as a merge of one user, with the answers to so many sends. */
const MAX_CONVERSATIONS = 50
const MAX_ENTRIES = 1_000

/** Each under the id of their own merge. */
export interface Together {
  readonly app: App
  readonly survivingId: UserId
  readonly requests: readonly MergeRequest[]
  readonly mergeIds: ReadonlyMap<MergeRequest, string>
  /** Those in other partitions than the survivor's. */
  readonly frozen: ReadonlySet<MergeRequest>
}

export interface Candidate {
  readonly request: MergeRequest
  readonly mergeId: string
  readonly userData: UserData
  readonly imported: Versioned<"imported"> | undefined
}

/** The survivor and those who come to them, as of one moment. */
export interface Seen {
  readonly survivor: ResolvedUser
  readonly target: LoadedTarget
  readonly candidates: readonly Candidate[]
}

/** The survivor is read first: a user seen frozen after that cannot have been thawed for this commit. */
export async function look(together: Together, reads: ReadSet): Promise<Seen | undefined> {
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

/** So many users are read in one turn of the loop; the next are asked for before these are there. */
const READ_IN_A_TURN = 10

/** An embedded store's reads resolve without a turn of their own. */
async function inTurns<T, R>(all: readonly T[], read: (one: T) => Promise<R>): Promise<R[]> {
  const begun: Promise<R[]>[] = []
  for (let from = 0; from < all.length; from += READ_IN_A_TURN) {
    const some = Promise.all(all.slice(from, from + READ_IN_A_TURN).map(read))
    // A failure is thrown when all have begun.
    some.catch(() => undefined)
    begun.push(some)
    if (all.length > READ_IN_A_TURN) await turn()
  }
  return (await Promise.all(begun)).flat()
}

/** As many users as one commit moves, each once. */
function within(all: readonly Candidate[]): Candidate[] {
  let conversations = 0
  let entries = 0
  const ids = new Set<string>()
  return all.filter(({ userData: { record, conversations: owned } }) => {
    const more = owned.reduce((sum, { tail }) => sum + tail.length, 0)
    const fits = conversations + owned.length <= MAX_CONVERSATIONS && entries + more <= MAX_ENTRIES
    if (!fits || ids.has(record.id)) return false
    ids.add(record.id)
    conversations += owned.length
    entries += more
    return true
  })
}

/** `undefined`: not as it mostly is. */
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
  // Two identified users are merged by an operator alone, and the survivor's badges follow from who they are.
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

/** As this very merge froze them. */
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
  // It is encoded in a turn of its own.
  if (candidates.length > READ_IN_A_TURN) await turn()
  return merged
}

/** Whose badge the moved tickets take is told afterwards (`tell-badges.ts`). */
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
