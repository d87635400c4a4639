/** Where the import of a merge is: what forwarding needs to know of it. */

import type { Versioned } from "../domain/change-set.ts"
import type { UserData } from "../domain/discarded-user.ts"
import type { MergePlan } from "../domain/fold.ts"
import type { MergeCommand } from "../domain/merge.ts"
import type { ImportedRecord } from "../domain/records.ts"
import type { UserId } from "../protocol/branded.ts"
import type { Partition } from "../repository/partition.ts"

/** Whether this merge, or this step of it, has been imported there. */
export const isImported = (
  imported: ImportedRecord | undefined,
  { mergeId, partly }: Pick<MergeCommand, "mergeId" | "partly">,
): boolean =>
  imported?.mergeId === mergeId &&
  (imported.steps === undefined || (partly !== undefined && imported.steps >= partly.no))

export interface ImportTarget extends Pick<MergePlan, "outcomes"> {
  readonly into: { readonly userId: UserId; readonly partition: number }
  /** The survivor's record after the import, where this caller made it. */
  readonly survivor?: Versioned<"user"> | undefined
}

/** In the survivor's partition each conversation is found under its own id; where it was folded, it is forwarded there. */
export const importTargetAt = (
  { conversations }: UserData,
  userId: UserId,
  partition: Partition,
): ImportTarget => ({
  into: { userId, partition: partition.index },
  outcomes: conversations.map((state) => ({ state, ends: "moved", in: state.record.id })),
})
