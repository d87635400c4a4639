/** Merges that wait for each other: A into B while B into A, over any number of users (docs/architecture.md 4). */

import { thaw } from "../domain/merge-state.ts"
import type { MergeState, UserRecord } from "../domain/records.ts"
import type { UserId } from "../protocol/branded.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { isImported } from "./import-target.ts"

/**
 * Resolves a cycle of merges that wait for each other, possibly by way of users who were merged already. If one of them has
 * been imported, only its forwarding is missing, and it is finished. Else the frozen user whose id comes first is thawed, so
 * that the others can be merged into them.
 *
 * @param start the user whose merge is being finished
 * @param next the frozen user into whom they are to be merged
 * @returns whether there was a cycle
 */
export async function breakMergeCycle(
  app: App,
  start: UserId,
  next: UserRecord,
  finish: (app: App, userId: UserId) => Promise<unknown>,
): Promise<boolean> {
  const circle: { record: UserRecord; mergeState: MergeState }[] = []
  const passed = new Set<string>()
  for (let name = next.id; !passed.has(name); ) {
    passed.add(name)
    const record = (await app.homePartition(name)?.get("user", name))?.value
    if (!record?.mergeState) return false
    if (record.mergeState.kind === "merging") circle.push({ record, mergeState: record.mergeState })
    name = record.mergeState.into
  }
  if (!circle.some(({ record }) => record.id === start)) return false
  // Checked now that all of them were seen frozen: nothing is imported into a frozen user any more.
  for (const { record, mergeState } of circle) {
    if (!(await wasImported(app, record.id, mergeState))) continue
    await finish(app, record.id)
    return true
  }
  const [first] = circle.toSorted((a, b) => (a.record.id < b.record.id ? -1 : 1))
  if (first) await callOff(app, first.record.id, first.mergeState)
  return true
}

/** Thaws a user whose merge cannot be done, unless they were imported already: no user may stay frozen. */
export async function callOffUnlessImported(app: App, userId: UserId): Promise<void> {
  const mergeState = (await app.homePartition(userId)?.get("user", userId))?.value?.mergeState
  if (mergeState?.kind !== "merging" || (await wasImported(app, userId, mergeState))) return
  await callOff(app, userId, mergeState)
}

async function wasImported(app: App, userId: UserId, { into, mergeId }: MergeState): Promise<boolean> {
  const passed = new Set<string>()
  let name: UserId | undefined = into
  while (name !== undefined && !passed.has(name)) {
    passed.add(name)
    const partition = app.homePartition(name)
    const imported = await partition?.get("imported", userId)
    if (isImported(imported?.value, { mergeId })) return true
    const next: MergeState | undefined = (await partition?.get("user", name))?.value?.mergeState
    name = next?.kind === "merged" ? next.into : undefined
  }
  return false
}

function callOff(app: App, userId: UserId, { mergeId }: MergeState): Promise<void> {
  const partition = app.homePartition(userId)
  return transact(app, "user:merge:call-off", async (reads) => {
    const user = partition && (await reads.get(partition, "user", userId))
    const mergeState = user?.value?.mergeState
    if (!partition || !user?.value || mergeState?.kind !== "merging" || mergeState.mergeId !== mergeId)
      return { answer: undefined }
    return { partition, changeSet: thaw(user, user.value), committed: () => undefined }
  })
}
