/**
 * The second step of a merge into another partition: the import, in one commit or in several (docs/architecture.md 4). Each
 * commit in the survivor's partition is followed by one in the discarded user's, which forwards what was imported. If either
 * is lost it is done again [P3].
 */
import { setImmediate as turn } from "node:timers/promises"
import type { UserData } from "../domain/discarded-user.ts"
import type { MergePlan } from "../domain/fold.ts"
import { forwardSome } from "../domain/forward.ts"
import { importInto, type MergeCommand } from "../domain/merge.ts"
import { restart, thaw } from "../domain/merge-state.ts"
import type { MergeState } from "../domain/records.ts"
import { blankUser } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import { type CommittedChanges, ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decide, type Decision, exhausted, transact } from "../repository/transact.ts"
import { afterFold, cameNext } from "./after-fold.ts"
import type { App } from "./app.ts"
import { MAX_HOPS } from "./conversation-lookup.ts"
import { withoutHeld } from "./held-sends.ts"
import { type ImportTarget, importTargetAt, isImported } from "./import-target.ts"
import { badgesAfterMerge } from "./load-badges.ts"
import { breakMergeCycle } from "./merge-cycle.ts"
import { isExactWith, mergeInOneCommit, moveOneStep, planOf } from "./merge-in-partition.ts"
import type { PrefetchedSurvivor } from "./prefetch-survivor.ts"
import { isExact } from "./tell-again.ts"
import { tellBadgesAfterMerge } from "./tell-badges.ts"
import { loadMovable, loadSurvivor, type ResolvedUser } from "./user-data.ts"

/** Finishes a merge that is met on the way. */
type FinishMerge = (app: App, userId: UserId) => Promise<boolean>

/** More steps than any user needs: a bound for a loop that would otherwise not end. */
const MAX_STEPS = 10_000

/**
 * Imports and forwards conversations in steps until those that are left fit into one commit; the caller moves these and
 * ends the merge.
 *
 * @returns whether anything was moved
 */
export async function importInSteps(app: App, userId: UserId, finish: FinishMerge): Promise<boolean> {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    if (!(await importSome(app, userId, finish))) return steps > 0
    // Others run in between.
    await turn()
  }
  throw exhausted(app.contention, "user:merge:step", MAX_STEPS)
}

/** @returns whether there may be more to move */
function importSome(app: App, userId: UserId, finish: FinishMerge): Promise<boolean> {
  const partition = app.homePartition(userId)
  return transact<boolean>(app, "user:merge:step", async (reads) => {
    const versioned = partition && (await reads.get(partition, "user", userId))
    const record = versioned?.value
    if (!partition || !record || record.mergeState?.kind !== "merging") return { answer: false }
    const { into, mergeId, reason, at } = record.mergeState
    const survivorReads = new ReadSet()
    if (await isStepLost(app, userId, record.mergeState, survivorReads)) {
      const changeSet = restart(versioned, record, record.mergeState)
      return { partition, changeSet, committed: () => true }
    }
    const { userData, step } = await loadMovable(app, { partition, versioned, record }, reads)
    if (!step) return { answer: false }
    const { conversationMode: mode } = app.settings
    const command: MergeCommand = { mergeId, reason, mode, now: at, exact: true, partly: step }
    const target = await resolveImport(app, userData, into, command, finish, {
      reads: survivorReads,
      survivor: undefined,
    })
    // The user has changed since, or this step was done in one commit.
    if (!target) return { answer: true }
    const changeSet = forwardSome(userData, target.into, target.outcomes, step)
    return { partition, changeSet, committed: () => true }
  })
}

/**
 * Whether steps that were forwarded are unknown where they went: at the survivor, or at the user they were merged into
 * since.
 */
async function isStepLost(app: App, userId: UserId, { steps, mergeId, into }: MergeState, reads: ReadSet) {
  if (steps === undefined) return false
  let name = into
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const partition = app.homePartition(name)
    if (!partition) return true
    const [user, imported] = await reads.load(partition, ref("user", name), ref("imported", userId))
    const there = imported.value
    if (there?.mergeId === mergeId && (there.steps === undefined || there.steps >= steps)) return false
    const next: MergeState | undefined = user.value?.mergeState
    if (next?.kind !== "merged") return true
    name = next.into
  }
  throw exhausted(app.contention, "user:merge:step", MAX_HOPS)
}

/**
 * Finds the frozen user's import, or makes it. The survivor named by the merge may have been merged into another user since:
 * merge states are followed, and at each user a record says whether the import has happened there.
 *
 * @returns `undefined`: the frozen user has changed since; read again
 */
export function resolveImport(
  app: App,
  userData: UserData,
  into: UserId,
  merge: MergeCommand,
  finish: FinishMerge,
  prefetched: PrefetchedSurvivor,
): Promise<ImportTarget | undefined> {
  const decide: Decide<ImportTarget | undefined> = async (reads, tries) => {
    const command: MergeCommand = { ...merge, exact: isExact(tries) }
    let name = into
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      // The survivor has been merged into this user instead: there is nothing left to merge.
      if (name === userData.record.id) return thawDiscarded(app, userData, reads)
      const partition = app.homePartition(name)
      if (!partition) throw new Error(`A merge leads to ${name}, which no hub made.`)
      const [versioned, imported] = await reads.load(
        partition,
        ref("user", name),
        ref("imported", userData.record.id),
      )
      // A survivor whose record was lost gets a new one from this import.
      const record = versioned.value ?? blankUser(name, command.now)
      if (isImported(imported.value, command)) return { answer: importTargetAt(userData, name, partition) }
      if (record.mergeState?.kind === "merging") {
        if (await breakMergeCycle(app, userData.record.id, record, finish)) return { answer: undefined }
        await finish(app, name)
        return AGAIN
      }
      if (record.mergeState) {
        name = record.mergeState.into
        continue
      }
      const survivor = { partition, versioned, record }
      if (partition.index === userData.partition) return mergeAtHome(app, userData, survivor, command, reads)
      const seen = tries === 1 && versioned.version === prefetched.survivor?.version && name === into
      return importAway(app, userData, survivor, command, reads, seen ? prefetched : undefined)
    }
    throw exhausted(app.contention, "user:merge:import", MAX_HOPS)
  }
  return transact(app, "user:merge:import", decide, prefetched.reads)
}

type ImportDecision = Decision<ImportTarget | undefined>
const READ_AGAIN = { answer: undefined }

async function thawDiscarded(app: App, userData: UserData, reads: ReadSet): Promise<ImportDecision> {
  if (!(await isUnchanged(app, userData, reads))) return READ_AGAIN
  const changeSet = thaw(userData.user, userData.record)
  return { partition: app.partition(userData.partition), changeSet, committed: () => undefined }
}

/** The survivor was merged on, back into the discarded user's own partition. */
async function mergeAtHome(
  app: App,
  userData: UserData,
  survivor: ResolvedUser,
  command: MergeCommand,
  reads: ReadSet,
): Promise<ImportDecision> {
  if (!(await isUnchanged(app, userData, reads))) return READ_AGAIN
  const { changeSet, plan, exact } = command.partly
    ? await moveOneStep(app, userData, survivor, { ...command, partly: command.partly }, reads)
    : await mergeInOneCommit(app, userData, survivor, command, reads)
  const committed = (done: CommittedChanges) => {
    tellFolds(app, userData, survivor, plan, exact, done)
    return undefined
  }
  return { partition: survivor.partition, changeSet, committed }
}

/** @param seen what was read of the survivor before, where they are still the same */
async function importAway(
  app: App,
  userData: UserData,
  survivor: ResolvedUser,
  command: MergeCommand,
  reads: ReadSet,
  seen: PrefetchedSurvivor | undefined,
): Promise<ImportDecision> {
  const { partition, record } = survivor
  const imported = await withoutHeld(app, userData, survivor, reads)
  const loaded = await loadSurvivor(app, survivor, reads, imported, seen?.survivor?.target)
  const plan = planOf(imported, loaded, command)
  const badges = await badgesAfterMerge(app, partition, loaded, imported, plan)
  // The user may have been thawed, and merged elsewhere, before the survivor was read: then there is nothing to import.
  if (seen?.frozenSince !== true && !(await isUnchanged(app, userData, new ReadSet()))) return READ_AGAIN
  const exact = isExactWith(app, command, loaded)
  const changeSet = importInto(imported, loaded, plan, badges, { ...command, exact })
  const committed = (done: CommittedChanges) => {
    tellFolds(app, userData, survivor, plan, exact, done)
    return {
      ...importTargetAt(userData, record.id, partition),
      survivor: done.written(ref("user", record.id)),
    }
  }
  return { partition, changeSet, committed }
}

async function isUnchanged(
  app: App,
  { partition, user, record }: UserData,
  reads: ReadSet,
): Promise<boolean> {
  const { version } = await reads.get(app.partition(partition), "user", record.id)
  return version === user.version
}

function tellFolds(
  app: App,
  userData: UserData,
  survivor: ResolvedUser,
  { updated }: MergePlan,
  exact: boolean,
  done: CommittedChanges,
): void {
  afterFold(app, updated, exact || cameNext(updated, done))
  tellBadgesAfterMerge(app, { survivor: survivor.record, discarded: userData.record })
}
