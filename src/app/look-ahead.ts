/** A merge reads the survivor while it still reads what comes to them: far from the store each wait counts. */

import { ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import type { MergeUsers } from "./merge-request.ts"
import { type LoadedTarget, loadTarget } from "./user-data.ts"

/** The survivor as a merge names them, read while the discarded user's conversations are. */
export interface Ahead {
  readonly reads: ReadSet
  readonly survivor: { readonly version: number; readonly target: LoadedTarget } | undefined
  /** The discarded user was frozen, by this very merge, after the survivor was read: no merge had thawed them before. */
  readonly frozenSince?: true
}

export async function lookAhead(
  app: App,
  { discardedId, survivingId }: Pick<MergeUsers, "discardedId" | "survivingId">,
  reads: ReadSet,
): Promise<Ahead["survivor"]> {
  const partition = app.homePartition(survivingId)
  if (!partition) return undefined
  const [versioned] = await reads.load(partition, ref("user", survivingId), ref("imported", discardedId))
  const { value, version } = versioned
  if (!value || value.mergeState) return undefined
  return { version, target: await loadTarget(app, { partition, versioned, record: value }, reads) }
}
