/**
 * The merge procedure (docs/architecture.md 4): freeze → import → forward. Each step is one commit, and each begins by
 * reading the records, so that any node can go on where another one died. [P3]
 */

import { randomUUID } from "node:crypto"
import type { UserData } from "../domain/discarded-user.ts"
import { forward } from "../domain/forward.ts"
import { importInto, type MergeCommand } from "../domain/merge.ts"
import { freeze, thaw } from "../domain/merge-state.ts"
import { blankUser } from "../domain/user.ts"
import type { Millis, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { MergeReason } from "../protocol/events.ts"
import { ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decide, type Decision, exhausted, lookUp, transact } from "../repository/transact.ts"
import { afterFold } from "./after-fold.ts"
import type { App } from "./app.ts"
import { badgesAfterMerge } from "./badges.ts"
import { MAX_HOPS, type ResolvedConversation, resolveConversation } from "./conversation-lookup.ts"
import { type ImportTarget, importTargetAt } from "./import-target.ts"
import { type Ahead, lookAhead } from "./look-ahead.ts"
import { breakMergeCycle, callOffUnlessImported } from "./merge-cycle.ts"
import { rehearseImport } from "./merge-rehearsal.ts"
import { isImportLost, reopenMerge } from "./merge-reopen.ts"
import { isExactWith, mergeInOneCommit, moveInSteps, planOf } from "./merge-steps.ts"
import { isFault } from "./showable.ts"
import { isBusy, isExact } from "./tell-again.ts"
import { tellBadgesAfterMerge } from "./tell-badges.ts"
import { loadMovable, loadSurvivor, loadTarget, loadUserData, type ResolvedUser } from "./user-data.ts"

/** [P5] The user an id means today. A user whose merge is unfinished is merged first. `undefined`: no record. */
export async function resolveUser(
  app: App,
  id: string,
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
 * As `resolveConversation`; where the forwarding leads to no record, the merge that caused it is checked, and repeated
 * if lost, first.
 */
export async function findConversation(
  app: App,
  id: string,
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

/** The conversation that an id means today, and that stays its user's: an owner who is half merged is merged first. */
export async function settleConversation(
  app: App,
  id: string,
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

/** Who goes into whom: named, because the order of two ids would say nothing. */
export interface MergeUsers {
  readonly discardedId: UserId
  readonly survivingId: UserId
  readonly reason: MergeReason
}

/**
 * Merges the discarded user into the survivor; both may be named by any id they ever had. A merge of a user
 * with themselves does nothing. Resolves when everything is done, by this node or another.
 *
 * @returns whether it was this call that merged them. `false`: they were one already, or a login found the visitor
 * signed in by now – two identified users are never merged by a login [4.2]
 */
export function mergeUsers(
  app: App,
  users: MergeUsers,
  now: Millis,
  reads = new ReadSet(),
): Promise<boolean> {
  const merge = (waited: boolean) => {
    if (waited) reads.clear()
    return mergeNow(app, users, now, reads)
  }
  const compacted = async () => app.compactions.get(users.survivingId)
  return app.merges.run(users.survivingId, merge, compacted)
}

function mergeNow(
  app: App,
  { discardedId, survivingId, reason }: MergeUsers,
  now: Millis,
  reads: ReadSet,
): Promise<boolean> {
  const mergeId = randomUUID()
  let begun = false
  const decide = async (reads: ReadSet, tries: number): Promise<Decision<boolean>> => {
    const survivor = await resolveUser(app, survivingId, reads)
    const discarded = await resolveUser(app, discardedId, reads)
    if (!survivor || !discarded) throw new HubError("not_found", "No such user.")
    if (survivor.record.id === discarded.record.id) return { answer: begun }
    if (reason !== "api" && discarded.record.externalId !== undefined) return { answer: false }
    const { conversationMode: mode } = app.settings
    const command: MergeCommand = { mergeId, reason, mode, now, exact: isExact(tries) }
    // A user who keeps writing, or has more than one commit moves, is frozen first: what is merged must not change between
    // reading and commit.
    if (discarded.partition === survivor.partition && tries <= MAX_UNFROZEN_TRIES) {
      const [{ userData, left }, target] = await Promise.all([
        loadMovable(app, discarded, reads),
        loadTarget(app, survivor, reads),
      ])
      const pauses = !userData.conversations.some((state) => isBusy(app, state))
      if (left === undefined && pauses) {
        const merged = await mergeInOneCommit(app, userData, survivor, command, reads, target)
        const { changeSet, plan, exact } = merged
        const committed = () => {
          afterFold(app, plan.updated, exact)
          tellBadgesAfterMerge(app, survivor.record, discarded.record)
          return true
        }
        return { partition: survivor.partition, changeSet, committed }
      }
    }
    if (tries === 1) await rehearseImport(app, discarded, survivor, command, reads)
    return {
      partition: discarded.partition,
      changeSet: freeze(discarded.versioned, discarded.record, survivor.record.id, command),
      async committed() {
        begun = true
        return (await finishMerge(app, discarded.record.id)) || AGAIN
      },
    }
  }
  return transact(app, "user:merge", decide, reads)
}

const MAX_UNFROZEN_TRIES = 2

/**
 * Finishes the merge of a frozen user: imports what they own at the survivor, unless that has happened, then forwards.
 *
 * @returns whether they are merged; `false` for a user who was thawed
 */
export async function finishMerge(app: App, userId: UserId): Promise<boolean> {
  try {
    return await finish(app, userId)
  } catch (error) {
    // What fails by a fault fails again: no user stays frozen, and the caller is told.
    if (isFault(error)) await callOffUnlessImported(app, userId)
    throw error
  }
}

function finish(app: App, userId: UserId): Promise<boolean> {
  const partition = app.homePartition(userId)
  return transact(app, "user:merge:finish", async (reads) => {
    const versioned = partition && (await reads.get(partition, "user", userId))
    const mergeState = versioned?.value?.mergeState
    if (!partition || !versioned?.value || mergeState?.kind !== "merging")
      return { answer: mergeState?.kind === "merged" }
    const { into, mergeId, reason, at } = mergeState
    const { conversationMode: mode } = app.settings
    const command: MergeCommand = { mergeId, reason, mode, now: at, exact: true }
    if (app.homePartition(into) === partition && (await moveInSteps(app, userId))) return AGAIN
    const ahead = new ReadSet()
    const [userData, survivor] = await Promise.all([
      loadUserData(app, { partition, versioned, record: versioned.value }, reads),
      lookAhead(app, into, userId, ahead),
    ])
    const landed = await resolveImport(app, userData, into, command, { reads: ahead, survivor })
    if (!landed) return AGAIN
    const changeSet = forward(userData, landed.into, landed.outcomes, command)
    return { partition, changeSet, committed: () => true }
  })
}

/**
 * Finds where the frozen user's import is, or makes it. The survivor named by the merge may have been merged on: their
 * merge state is followed, and at each user a record says whether the import has happened there.
 *
 * @returns `undefined`: the frozen user has changed since; read again
 */
function resolveImport(
  app: App,
  userData: UserData,
  into: string,
  merge: MergeCommand,
  ahead: Ahead,
): Promise<ImportTarget | undefined> {
  const home = app.partition(userData.partition)
  const isStill = async (reads: ReadSet): Promise<boolean> =>
    (await reads.get(home, "user", userData.record.id)).version === userData.user.version
  const decide: Decide<ImportTarget | undefined> = async (reads, tries) => {
    const command: MergeCommand = { ...merge, exact: isExact(tries) }
    let name = into
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      if (name === userData.record.id) {
        // The survivor has been merged into this user instead: there is nothing left to merge.
        if (!(await isStill(reads))) return { answer: undefined }
        const changeSet = thaw(userData.user, userData.record)
        return { partition: home, changeSet, committed: () => undefined }
      }
      const partition = app.homePartition(name)
      if (!partition) throw new Error(`A merge leads to ${name}, which no hub made.`)
      const [versioned, imported] = await reads.load(
        partition,
        ref("user", name),
        ref("imported", userData.record.id),
      )
      // A survivor whose record was lost gets a new one from this import.
      const record = versioned.value ?? blankUser(name, command.now)
      if (imported.value?.mergeId === command.mergeId)
        return { answer: importTargetAt(userData, name, partition) }
      if (record.mergeState?.kind === "merging") {
        if (await breakMergeCycle(app, userData.record.id, record, finishMerge)) return { answer: undefined }
        await finishMerge(app, name)
        return AGAIN
      }
      if (record.mergeState) {
        name = record.mergeState.into
        continue
      }
      const person = { partition, versioned, record }
      if (partition === home) {
        // The survivor was merged on, back into the visitor's own partition.
        if (!(await isStill(reads))) return { answer: undefined }
        const { changeSet, plan, exact } = await mergeInOneCommit(app, userData, person, command, reads)
        const committed = () => {
          afterFold(app, plan.updated, exact)
          tellBadgesAfterMerge(app, record, userData.record)
          return undefined
        }
        return { partition, changeSet, committed }
      }
      const seen = tries === 1 && versioned.version === ahead.survivor?.version && name === into
      const survivor = await loadSurvivor(
        app,
        person,
        reads,
        userData,
        seen ? ahead.survivor?.target : undefined,
      )
      const plan = planOf(userData, survivor, command)
      const badges = await badgesAfterMerge(app, partition, survivor, userData, plan)
      // The user may have been thawed, and merged elsewhere, before the survivor was read: then there is nothing to
      // import.
      if (!(await isStill(new ReadSet()))) return { answer: undefined }
      const exact = isExactWith(app, command, survivor)
      const changeSet = importInto(userData, survivor, plan, badges, { ...command, exact })
      const committed = () => {
        afterFold(app, plan.updated, exact)
        tellBadgesAfterMerge(app, record, userData.record)
        return importTargetAt(userData, name, partition)
      }
      return { partition, changeSet, committed }
    }
    throw exhausted(app.contention, "user:merge:import", MAX_HOPS)
  }
  return transact(app, "user:merge:import", decide, ahead.reads)
}
