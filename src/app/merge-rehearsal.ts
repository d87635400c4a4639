/** What cannot be imported is found before anybody is frozen for it (docs/architecture.md 4). */
import { planMerge } from "../domain/fold.ts"
import { importInto, type MergeCommand } from "../domain/merge.ts"
import { ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { badgesAfterMerge } from "./badges.ts"
import { loadMovable, loadSurvivor, loadTarget, mergeTargetOf, type ResolvedUser } from "./user-data.ts"

/** @throws what the import would throw for what it reads, decides and encodes */
export async function rehearseImport(
  app: App,
  discarded: ResolvedUser,
  survivor: ResolvedUser,
  command: MergeCommand,
  reads: ReadSet,
): Promise<void> {
  const [{ userData }, loaded] = await Promise.all([
    loadMovable(app, discarded, reads),
    loadTarget(app, survivor, reads),
    reads.load(survivor.partition, ref("imported", discarded.record.id)),
  ])
  const target = await loadSurvivor(app, survivor, reads, userData, loaded)
  const { conversations, partition } = userData
  const plan = planMerge(conversations, partition, mergeTargetOf(target), command.mode, command.now)
  const badges = await badgesAfterMerge(app, survivor.partition, target, userData, plan)
  survivor.partition.check(importInto(userData, target, plan, badges, command))
}
