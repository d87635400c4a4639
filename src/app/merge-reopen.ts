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
 * A store can lose the tail of one partition: then this one says that the merge is over, and the survivor's does not know
 * of it. A user without conversations had nothing to import.
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

/** [P3] The import is done again, from what the forwarding kept. */
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
