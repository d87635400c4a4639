/** Reads the survivor of a merge while the discarded user is still being read: far from the store each wait counts. */

import { ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import type { MergeUsers } from "./merge-request.ts"
import { type LoadedTarget, loadTarget } from "./user-data.ts"

/** The survivor that a merge names, as read beside the discarded user's conversations. */
export interface PrefetchedSurvivor {
  readonly reads: ReadSet
  readonly survivor: { readonly version: number; readonly target: LoadedTarget } | undefined
  /**
   * Set where this merge froze the discarded user after the survivor was read, so that nothing can have thawed them
   * before.
   */
  readonly frozenSince?: true
}

export async function prefetchSurvivor(
  app: App,
  { discardedId, survivingId }: Pick<MergeUsers, "discardedId" | "survivingId">,
  reads: ReadSet,
): Promise<PrefetchedSurvivor["survivor"]> {
  const partition = app.homePartition(survivingId)
  if (!partition) return undefined
  const [versioned] = await reads.load(partition, ref("user", survivingId), ref("imported", discardedId))
  const { value, version } = versioned
  if (!value || value.mergeState) return undefined
  return { version, target: await loadTarget(app, { partition, versioned, record: value }, reads) }
}
