/** Where a merge took what a user had: what forwarding needs to know of an import that has happened. */
import type { MergePlan } from "../domain/fold.ts"
import type { UserData } from "../domain/merge.ts"
import type { UserId } from "../protocol/branded.ts"
import type { Partition } from "../repository/partition.ts"

export interface ImportTarget extends Pick<MergePlan, "outcomes"> {
  readonly into: { readonly userId: UserId; readonly partition: number }
}

export function importTargetAt(
  userData: UserData,
  userId: UserId,
  partition: Partition,
  folded: MergePlan["pairs"],
): ImportTarget {
  const surviving = new Map(folded.map((pair) => [pair.discarded, pair.surviving]))
  return {
    into: { userId, partition: partition.index },
    outcomes: userData.conversations.map((state) => {
      const survivor = surviving.get(state.record.id)
      return { state, ends: survivor === undefined ? "moved" : "folded", in: survivor ?? state.record.id }
    }),
  }
}
