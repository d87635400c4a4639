/**
 * The second step of a merge into another partition: the import, in one commit or in several (docs/architecture.md 4). Each
 * commit in the survivor's partition is followed by one in the discarded user's, which forwards what was imported. If either
 * is lost it is done again [P3].
 */
import { setImmediate as turn } from "node:timers/promises"
import type { UserData } from "../domain/discarded-user.ts"
import { forwardSome } from "../domain/forward.ts"
import { importInto, type MergeCommand } from "../domain/merge.ts"
import { restart, thaw } from "../domain/merge-state.ts"
import type { MergeState } from "../domain/records.ts"
import { blankUser } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import { type Committed, ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decide, exhausted, transact } from "../repository/transact.ts"
import { afterFold, cameNext } from "./after-fold.ts"
import type { App } from "./app.ts"
import { badgesAfterMerge } from "./badges.ts"
import { MAX_HOPS } from "./conversation-lookup.ts"
import { type ImportTarget, importTargetAt, isImported } from "./import-target.ts"
import type { Ahead } from "./look-ahead.ts"
import { breakMergeCycle } from "./merge-cycle.ts"
import { isExactWith, mergeInOneCommit, moveOneStep, planOf } from "./merge-steps.ts"
import { isExact } from "./tell-again.ts"
import { tellBadgesAfterMerge } from "./tell-badges.ts"
import { loadMovable, loadSurvivor } from "./user-data.ts"

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
    const ahead = new ReadSet()
    if (await isStepLost(app, userId, record.mergeState, ahead)) {
      const changeSet = restart(versioned, record, record.mergeState)
      return { partition, changeSet, committed: () => true }
    }
    const { userData, step } = await loadMovable(app, { partition, versioned, record }, reads)
    if (!step) return { answer: false }
    const { conversationMode: mode } = app.settings
    const command: MergeCommand = { mergeId, reason, mode, now: at, exact: true, partly: step }
    const target = await resolveImport(app, userData, into, command, finish, {
      reads: ahead,
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
      const person = { partition, versioned, record }
      if (partition === home) {
        // The survivor was merged on, back into the visitor's own partition.
        if (!(await isStill(reads))) return { answer: undefined }
        const { changeSet, plan, exact } = command.partly
          ? await moveOneStep(app, userData, person, { ...command, partly: command.partly }, reads)
          : await mergeInOneCommit(app, userData, person, command, reads)
        const committed = (done: Committed) => {
          afterFold(app, plan.updated, exact || cameNext(plan.updated, done))
          tellBadgesAfterMerge(app, { survivor: record, discarded: userData.record })
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
      const frozenSince = seen && ahead.frozenSince === true
      if (!frozenSince && !(await isStill(new ReadSet()))) return { answer: undefined }
      const exact = isExactWith(app, command, survivor)
      const changeSet = importInto(userData, survivor, plan, badges, { ...command, exact })
      const committed = (done: Committed) => {
        afterFold(app, plan.updated, exact || cameNext(plan.updated, done))
        tellBadgesAfterMerge(app, { survivor: record, discarded: userData.record })
        return { ...importTargetAt(userData, name, partition), survivor: done.written(ref("user", name)) }
      }
      return { partition, changeSet, committed }
    }
    throw exhausted(app.contention, "user:merge:import", MAX_HOPS)
  }
  return transact(app, "user:merge:import", decide, ahead.reads)
}
