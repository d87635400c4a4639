/** Repeats a finished merge whose import was lost by the survivor's partition (docs/architecture.md 4). */

import { reopen } from "../domain/merge-state.ts"
import type { MergeState, UserRecord } from "../domain/records.ts"
import type { UserId } from "../protocol/branded.ts"
import { type Partition, ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { isImported } from "./import-target.ts"

/**
 * Whether the survivor's partition has lost the import of a merge that is over here: a store can lose the tail of a single
 * partition. A user without conversations had nothing to import.
 */
export async function isImportLost(
  app: App,
  partition: Partition,
  record: UserRecord,
  { into, mergeId }: MergeState,
  reads: ReadSet,
): Promise<boolean> {
  const next = app.homePartition(into)
  if (!next || next === partition || record.defaultConversation === undefined) return false
  const [, imported] = await reads.load(next, ref("user", into), ref("imported", record.id))
  return !isImported(imported.value, { mergeId })
}

/** [P3] Opens the merge again, so that its import is repeated from the records that forwarding kept. */
export function reopenMerge(app: App, userId: UserId, mergeId: string): Promise<void> {
  const partition = app.homePartition(userId)
  return transact(app, "user:merge:reopen", async (reads) => {
    const user = partition && (await reads.get(partition, "user", userId))
    const mergeState = user?.value?.mergeState
    if (!partition || !user?.value || mergeState?.kind !== "merged" || mergeState.mergeId !== mergeId)
      return { answer: undefined }
    const changeSet = reopen(user, user.value, mergeState)
    return { partition, changeSet, committed: () => undefined }
  })
}
