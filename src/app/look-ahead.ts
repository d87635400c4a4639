/** A merge reads the survivor while it still reads what comes to them: far from the store each wait counts. */
import type { UserId } from "../protocol/branded.ts"
import { ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
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
  into: string,
  userId: UserId,
  reads: ReadSet,
): Promise<Ahead["survivor"]> {
  const partition = app.homePartition(into)
  if (!partition) return undefined
  const [versioned] = await reads.load(partition, ref("user", into), ref("imported", userId))
  const { value, version } = versioned
  if (!value || value.mergeState) return undefined
  return { version, target: await loadTarget(app, { partition, versioned, record: value }, reads) }
}
