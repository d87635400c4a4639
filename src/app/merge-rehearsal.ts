/**
 * Decides and encodes an import once without storing it, so that what cannot be imported freezes no user
 * (docs/architecture.md 4).
 */
import { setImmediate as turn } from "node:timers/promises"
import type { UserData } from "../domain/discarded-user.ts"
import { planMerge } from "../domain/fold.ts"
import { importInto, type MergeCommand } from "../domain/merge.ts"
import { frozen } from "../domain/merge-state.ts"
import { ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { isBusy } from "./busy-conversation.ts"
import { badgesAfterMerge } from "./load-badges.ts"
import type { Movable, PrefetchedTarget } from "./merge-request.ts"
import type { PrefetchedSurvivor } from "./prefetch-survivor.ts"
import { loadMovable, loadSurvivor, loadTarget, mergeTargetOf, type ResolvedUser } from "./user-data.ts"

/** With more conversations than this, deciding and encoding get a turn of the event loop each. */
const FEW = 10

/** What was read for the rehearsal. The import can use it if the discarded user was frozen exactly as they were read. */
export interface Rehearsed {
  readonly discarded: UserData
  readonly survivor: PrefetchedSurvivor
}

/** What was asked for before the merge began, as far as it still holds. */
export interface AskedBefore {
  readonly movable?: Promise<Movable> | undefined
  readonly target?: PrefetchedTarget | undefined
}

/**
 * @returns `undefined` where the import has to read again: it goes in steps or was done before, the user is writing, or
 * the survivor lives in the same partition
 * @throws what the import would throw for what it reads, decides and encodes
 */
export async function rehearseImport(
  app: App,
  discarded: ResolvedUser,
  survivor: ResolvedUser,
  command: MergeCommand,
  reads: ReadSet,
  asked: AskedBefore = {},
): Promise<Rehearsed | undefined> {
  const { partition, record } = survivor
  const survivorReads = reads.of(partition)
  const [{ userData, step }, loaded] = await Promise.all([
    asked.movable ?? loadMovable(app, discarded, reads),
    loadTarget(
      app,
      survivor,
      survivorReads,
      [ref("user", record.id), ref("imported", discarded.record.id)],
      asked.target,
    ),
  ])
  const target = await loadSurvivor(app, survivor, survivorReads, userData, loaded)
  const { conversations } = userData
  const plan = planMerge(conversations, userData.partition, mergeTargetOf(target), command.mode, command.now)
  const badges = await badgesAfterMerge(app, partition, target, userData, plan)
  const changeSet = importInto(userData, target, plan, badges, command)
  if (conversations.length > FEW) await turn()
  partition.check(changeSet)
  const seen = survivorReads.known(partition, ref("user", record.id))
  const { version } = survivor.versioned
  const holds = !step && target.imported?.version === 0 && seen?.version === version
  if (!holds || discarded.partition === partition || conversations.some((state) => isBusy(app, state)))
    return undefined
  return {
    discarded: { ...userData, record: frozen(userData.record, record.id, command) },
    survivor: { reads: survivorReads, survivor: { version, target: loaded }, frozenSince: true },
  }
}
