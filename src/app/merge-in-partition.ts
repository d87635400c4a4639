/**
 * A merge within one partition: in one commit, or in several where the discarded user has more conversations than one commit
 * moves. Then the user is frozen first, each commit moves some conversations as a whole, and the last one ends the merge. Any
 * node can go on with it, and at every moment each conversation has one owner [P3] [P4].
 */
import { setImmediate as turn } from "node:timers/promises"
import { type ChangeSet, combineChangeSets } from "../domain/change-set.ts"
import type { UserData } from "../domain/discarded-user.ts"
import { type MergePlan, planMerge } from "../domain/fold.ts"
import { forward, forwardSome } from "../domain/forward.ts"
import { importInto, type MergeCommand, type Survivor } from "../domain/merge.ts"
import type { MergeStep } from "../domain/merge-step.ts"
import type { UserId } from "../protocol/branded.ts"
import type { Partition } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import { transact } from "../repository/transact.ts"
import { afterFold, cameNext } from "./after-fold.ts"
import type { App } from "./app.ts"
import { isBusy } from "./busy-conversation.ts"
import { MAX_HOPS } from "./conversation-lookup.ts"
import { withoutHeld } from "./held-sends.ts"
import { badgesAfterMerge } from "./load-badges.ts"
import { isExact } from "./tell-again.ts"
import { tellBadgesAfterMerge } from "./tell-badges.ts"
import {
  type LoadedTarget,
  loadMovable,
  loadSurvivor,
  mergeTargetOf,
  type ResolvedUser,
} from "./user-data.ts"

export const planOf = (userData: UserData, survivor: Survivor, { mode, now }: MergeCommand): MergePlan =>
  planMerge(userData.conversations, userData.partition, mergeTargetOf(survivor), mode, now)

/** Both users live in one partition: import and forward are one commit, which freezes no user. */
export async function mergeInOneCommit(
  app: App,
  userData: UserData,
  survivor: ResolvedUser,
  command: MergeCommand,
  reads: ReadSet,
  loaded?: LoadedTarget,
): Promise<{ changeSet: ChangeSet; plan: MergePlan; exact: boolean }> {
  const { changeSet, imported, plan, into, exact } = await importHere(
    app,
    userData,
    survivor,
    command,
    reads,
    loaded,
  )
  const both = combineChangeSets(changeSet, forward(imported, into, plan.outcomes, command))
  return { changeSet: both, plan, exact }
}

async function importHere(
  app: App,
  discarded: UserData,
  survivor: ResolvedUser,
  command: MergeCommand,
  reads: ReadSet,
  loaded?: LoadedTarget,
) {
  const userData = await withoutHeld(app, discarded, survivor, reads)
  const target = await loadSurvivor(app, survivor, reads, userData, loaded)
  const plan = planOf(userData, target, command)
  const badges = await badgesAfterMerge(app, survivor.partition, target, userData, plan)
  const into = { userId: survivor.record.id, partition: survivor.partition.index }
  const exact = isExactWith(app, command, target)
  const changeSet = importInto(userData, target, plan, badges, { ...command, exact })
  return { changeSet, imported: userData, plan, into, exact }
}

/**
 * Whether the commit expects the log's end: not while messages stream into the survivor's conversation, where it would
 * be in vain.
 */
export const isExactWith = (app: App, command: MergeCommand, { target }: Survivor): boolean =>
  command.exact && !(target && isBusy(app, target))

/**
 * Moves conversations in steps until those that are left fit into one commit; the caller moves these and ends the merge.
 *
 * @returns whether anything was moved
 */
export async function moveInSteps(app: App, userId: UserId): Promise<boolean> {
  let moved = false
  while (await moveSome(app, userId)) {
    moved = true
    // Others run in between.
    await turn()
  }
  return moved
}

/** @returns whether there may be more to move */
function moveSome(app: App, userId: UserId): Promise<boolean> {
  const partition = app.homePartition(userId)
  return transact(app, "user:merge:step", async (reads, tries) => {
    const versioned = partition && (await reads.get(partition, "user", userId))
    const mergeState = versioned?.value?.mergeState
    if (!partition || !versioned?.value || mergeState?.kind !== "merging") return { answer: false }
    const { into, mergeId, reason, at } = mergeState
    const survivor = await survivorHere(partition, into, reads)
    if (!survivor || survivor.record.id === userId) return { answer: false }
    const frozen = { partition, versioned, record: versioned.value }
    const { userData, step } = await loadMovable(app, frozen, reads)
    if (!step) return { answer: false }
    const { conversationMode: mode } = app.settings
    const command = { mergeId, reason, mode, now: at, exact: isExact(tries), partly: step }
    const { changeSet, plan, exact } = await moveOneStep(app, userData, survivor, command, reads)
    return {
      partition,
      changeSet,
      committed(done) {
        afterFold(app, plan.updated, exact || cameNext(plan.updated, done))
        tellBadgesAfterMerge(app, { survivor: survivor.record, discarded: frozen.record })
        return true
      },
    }
  })
}

/** The change set of one step: some conversations imported and forwarded in one commit. */
export async function moveOneStep(
  app: App,
  userData: UserData,
  survivor: ResolvedUser,
  command: MergeCommand & { readonly partly: MergeStep },
  reads: ReadSet,
): Promise<{ changeSet: ChangeSet; plan: MergePlan; exact: boolean }> {
  const { changeSet, imported, plan, into, exact } = await importHere(app, userData, survivor, command, reads)
  const forwarded = forwardSome(imported, into, plan.outcomes, command.partly)
  return { changeSet: combineChangeSets(changeSet, forwarded), plan, exact }
}

/** The survivor, if they are in this partition and not being merged themselves. */
async function survivorHere(
  partition: Partition,
  into: UserId,
  reads: ReadSet,
): Promise<ResolvedUser | undefined> {
  let name = into
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const versioned = await reads.get(partition, "user", name)
    const record = versioned.value
    if (!record || record.mergeState?.kind === "merging") return undefined
    if (!record.mergeState) return { partition, versioned, record }
    name = record.mergeState.into
  }
  return undefined
}
