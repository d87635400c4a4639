/**
 * The merge procedure (docs/architecture.md 4): freeze → import → forward. Each step is one commit, and each begins by
 * reading the records, so that any node can go on where another one died. [P3]
 */

import { randomUUID } from "node:crypto"
import type { Versioned } from "../domain/change-set.ts"
import { forward } from "../domain/forward.ts"
import type { MergeCommand } from "../domain/merge.ts"
import type { MergeSides } from "../domain/merge-sides.ts"
import { freeze, freezeAsRead } from "../domain/merge-state.ts"
import type { ConversationId, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import { type CommittedChanges, type Partition, ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decision, exhausted, lookUp, transact } from "../repository/transact.ts"
import { afterFold, cameNext } from "./after-fold.ts"
import type { App } from "./app.ts"
import { isBusy } from "./busy-conversation.ts"
import { MAX_HOPS, type ResolvedConversation, resolveConversation } from "./conversation-lookup.ts"
import { callOffUnlessImported } from "./merge-cycle.ts"
import { importInSteps, resolveImport } from "./merge-import.ts"
import { mergeInOneCommit, moveInSteps } from "./merge-in-partition.ts"
import { type AskedBefore, type Rehearsed, rehearseImport } from "./merge-rehearsal.ts"
import { isImportLost, reopenMerge } from "./merge-reopen.ts"
import type { MergeRequest, MergeUsers } from "./merge-request.ts"
import { prefetchSurvivor } from "./prefetch-survivor.ts"
import { isFault } from "./showable.ts"
import { isExact } from "./tell-again.ts"
import { tellBadgesAfterMerge } from "./tell-badges.ts"
import { loadMovable, loadTarget, loadUserData, type ResolvedUser } from "./user-data.ts"

/** Tries to merge within one partition in one commit, before the discarded user is frozen. */
const MAX_UNFROZEN_TRIES = 2

/** [P5] The user an id means today. A user whose merge is unfinished is merged first. `undefined`: no record. */
export async function resolveUser(
  app: App,
  id: UserId,
  reads = new ReadSet(),
): Promise<ResolvedUser | undefined> {
  let name = id
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const partition = app.homePartition(name)
    if (!partition) return undefined
    const versioned = reads.known(partition, ref("user", name)) ?? (await reads.get(partition, "user", name))
    if (!versioned.value) return undefined
    const { mergeState } = versioned.value
    if (!mergeState) return { partition, versioned, record: versioned.value }
    if (mergeState.kind === "merging") {
      await finishMerge(app, name)
      reads.clear()
    } else if (await isImportLost(app, partition, versioned.value, mergeState, reads)) {
      await reopenMerge(app, name, mergeState.mergeId)
      reads.clear()
    } else name = mergeState.into
  }
  throw exhausted(app.contention, "user:resolve", MAX_HOPS)
}

/**
 * As `resolveConversation`. If a forwarding record leads to no conversation, its import may be lost: then the merge that
 * caused it is repeated first.
 */
export async function findConversation(
  app: App,
  id: ConversationId,
  reads: ReadSet,
): Promise<ResolvedConversation | undefined> {
  const place = await resolveConversation(app, id, reads)
  const home = place ? undefined : app.homePartition(id)
  const left = home && (await reads.get(home, "conversation", id)).value
  if (!left?.forwardedTo) return place
  await resolveUser(app, left.userId)
  reads.clear()
  return resolveConversation(app, id, reads)
}

/** As `findConversation`, and an unfinished merge of the owner is finished first, so that the owner is settled. */
export async function settleConversation(
  app: App,
  id: ConversationId,
  reads = new ReadSet(),
): Promise<ResolvedConversation | undefined> {
  return lookUp(app, "conversation:settle", async () => {
    const place = await findConversation(app, id, reads)
    const owner = place && (await resolveUser(app, place.record.userId, reads))
    if (!owner || owner.record.id === place.record.userId) return place
    reads.clear()
    return AGAIN
  })
}

/**
 * Merges two users. Only `merge-queue.ts` calls it, one at a time for each survivor on a node.
 *
 * @param reads of what the merge wrote it holds at most the survivor afterwards
 */
export function mergeNow(
  app: App,
  { discardedId, survivingId, reason, now, reads, prefetched, onImported }: MergeRequest,
): Promise<boolean> {
  const mergeId = randomUUID()
  let begun = false
  const decide = async (reads: ReadSet, tries: number): Promise<Decision<boolean>> => {
    const survivor = await resolveUser(app, survivingId, reads)
    const discarded = await resolveUser(app, discardedId, reads)
    // A fail-over has lost one of them since the login found them: it looks again.
    if ((!survivor || !discarded) && reason !== "api") return { answer: false }
    if (!survivor || !discarded) throw new HubError("not_found", "No such user.")
    if (survivor.record.id === discarded.record.id) return { answer: begun }
    if (reason !== "api" && discarded.record.externalId !== undefined) return { answer: false }
    const { conversationMode: mode } = app.settings
    const command: MergeCommand = { mergeId, reason, mode, now, exact: isExact(tries) }
    const { movable, target } = (tries === 1 ? prefetched : undefined) ?? {}
    const holds = movable?.version === discarded.versioned.version
    const asked = { movable: holds ? movable?.loaded : undefined, target }
    const whole =
      discarded.partition === survivor.partition && tries <= MAX_UNFROZEN_TRIES
        ? await mergeUnfrozen(app, { survivor, discarded }, command, reads, asked)
        : undefined
    if (whole) return whole
    const rehearsed =
      tries === 1 ? await rehearseImport(app, discarded, survivor, command, reads, asked) : undefined
    const into = survivor.record.id
    return {
      partition: discarded.partition,
      changeSet: rehearsed
        ? freezeAsRead(rehearsed.discarded, into, command)
        : freeze(discarded.versioned, discarded.record, into, command),
      async committed(done) {
        begun = true
        const id = discarded.record.id
        const user = rehearsed && done.written(ref("user", id))
        return (await finishMerge(app, id, user && { ...rehearsed, user, reads, onImported })) || AGAIN
      },
    }
  }
  return transact(app, "user:merge", decide, reads)
}

/**
 * The merge of two users of one partition as one commit.
 *
 * @param asked what was asked for already
 * @returns `undefined` for a user who keeps writing, or has too much for one commit: they are frozen first, because what is
 * merged must not change between reading and commit
 */
async function mergeUnfrozen(
  app: App,
  { survivor, discarded }: MergeSides<ResolvedUser>,
  command: MergeCommand,
  reads: ReadSet,
  asked: AskedBefore,
): Promise<Decision<boolean> | undefined> {
  const [{ userData, step }, target] = await Promise.all([
    asked.movable ?? loadMovable(app, discarded, reads),
    loadTarget(app, survivor, reads, [], asked.target),
  ])
  if (step || userData.conversations.some((state) => isBusy(app, state))) return undefined
  const { changeSet, plan, exact } = await mergeInOneCommit(app, userData, survivor, command, reads, target)
  const committed = (done: CommittedChanges) => {
    const [discardedId, survivingId] = [discarded.record.id, survivor.record.id]
    afterFold(app, plan.updated, exact || cameNext(plan.updated, done))
    tellBadgesAfterMerge(app, { survivor: survivor.record, discarded: discarded.record })
    rememberMerge(app, { discardedId, survivingId, reason: command.reason })
    reads.learn(survivor.partition, done.written(ref("user", survivingId)))
    return true
  }
  return { partition: survivor.partition, changeSet, committed }
}

/** The user as this caller froze them, in the state in which the import was rehearsed. */
interface Frozen extends Rehearsed {
  readonly user: Versioned<"user">
  /** Learns the survivor's record as the import wrote it. */
  readonly reads: ReadSet
  readonly onImported: MergeRequest["onImported"]
}

/**
 * Finishes the merge of a frozen user: imports what they own at the survivor, unless that has happened, then forwards.
 *
 * @param rehearsed what was read before the freeze, if this caller froze them exactly as they were read
 * @returns whether they are merged; `false` for a user who was thawed
 */
export async function finishMerge(app: App, userId: UserId, rehearsed?: Frozen): Promise<boolean> {
  try {
    return await finish(app, userId, rehearsed)
  } catch (error) {
    // A fault would fail each further try, too: the user must not stay frozen, and the caller is told.
    if (isFault(error)) await callOffUnlessImported(app, userId)
    throw error
  }
}

function finish(app: App, userId: UserId, rehearsed?: Frozen): Promise<boolean> {
  const partition = app.homePartition(userId)
  return transact(app, "user:merge:finish", async (reads, tries) => {
    if (partition && rehearsed && tries === 1) return finishAsRehearsed(app, partition, rehearsed)
    const versioned = partition && (await reads.get(partition, "user", userId))
    const mergeState = versioned?.value?.mergeState
    if (!partition || !versioned?.value || mergeState?.kind !== "merging")
      return { answer: mergeState?.kind === "merged" }
    const { into, mergeId, reason, at } = mergeState
    const { conversationMode: mode } = app.settings
    const command: MergeCommand = { mergeId, reason, mode, now: at, exact: true }
    const survivorReads = new ReadSet()
    const frozen = { partition, versioned, record: versioned.value }
    const [{ userData: latest, step }, survivor] = await Promise.all([
      loadMovable(app, frozen, reads),
      prefetchSurvivor(app, { discardedId: userId, survivingId: into }, survivorReads),
    ])
    if (step || mergeState.steps !== undefined) {
      const here = app.homePartition(into) === partition
      if (await (here ? moveInSteps(app, userId) : importInSteps(app, userId, finishMerge))) return AGAIN
    }
    // There is too much for one commit, and yet no step could be made: then everything goes in one.
    const userData = step ? await loadUserData(app, frozen, reads) : latest
    const prefetched = { reads: survivorReads, survivor }
    const target = await resolveImport(app, userData, into, command, finishMerge, prefetched)
    if (!target) return AGAIN
    const changeSet = forward(userData, target.into, target.outcomes, command)
    const committed = () => {
      rememberMerge(app, { discardedId: userId, survivingId: target.into.userId, reason })
      return true
    }
    return { partition, changeSet, committed }
  })
}

/**
 * The first try: on what was read before the freeze. If anything has changed since, its commits conflict, and later
 * tries read again.
 */
async function finishAsRehearsed(
  app: App,
  partition: Partition,
  { discarded, survivor, user, reads, onImported }: Frozen,
): Promise<Decision<boolean>> {
  const { id, mergeState } = discarded.record
  if (!mergeState) throw new Error("What is rehearsed is the merge of a frozen user.")
  const { into, mergeId, reason, at } = mergeState
  const command = { mergeId, reason, mode: app.settings.conversationMode, now: at, exact: true }
  const target = await resolveImport(app, discarded, into, command, finishMerge, survivor)
  if (!target) return AGAIN
  reads.learn(app.partition(target.into.partition), target.survivor)
  onImported?.()
  const changeSet = forward({ ...discarded, user }, target.into, target.outcomes, command)
  const committed = () => {
    rememberMerge(app, { discardedId: id, survivingId: target.into.userId, reason })
    return true
  }
  return { partition, changeSet, committed }
}

/**
 * Remembered because a fail-over may undo the merge, and no client may act as the discarded user again
 * (`check-recent.ts`). Both by the node that merged them and by those that tell the survivor's devices.
 */
export const rememberMerge = (app: App, users: MergeUsers): void =>
  app.recentMerges.add(users.discardedId, { ...users, at: app.now() })
