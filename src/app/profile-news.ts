/**
 * Tells agents of profiles that change often: at most one event of a user in two seconds, and the last one has the latest
 * profile. Users who are still to be told of stand in the ranking `untold`, so if the node dies another one does it.
 */
import { setTimeout as delay } from "node:timers/promises"
import { PROFILE_TOLD_EVERY_MS, profileNews } from "../domain/user.ts"
import { lately } from "../lib/lately.ts"
import type { UserId } from "../protocol/branded.ts"
import type { Partition } from "../repository/partition.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"

/** After so long another node does it: the one that began would have done it by then. */
const OVERDUE_MS = 3 * PROFILE_TOLD_EVERY_MS
const MAX_OVERDUE = 50

/** Tells agents in two seconds. No caller waits for it. */
export function tellProfileLater(app: App, partition: Partition, userId: UserId): void {
  delay(PROFILE_TOLD_EVERY_MS, undefined, { ref: false })
    .then(() => tellProfile(app, partition, userId))
    .catch((error: unknown) => app.contention.away("profile", error))
}

/** Tells what a node that stopped has left untold. */
export async function tellOverdueProfiles(app: App): Promise<void> {
  for (const partition of app.partitions) {
    const waiting = await partition.rank("untold", "", { limit: MAX_OVERDUE })
    const overdue = waiting.filter(({ score }) => !lately(score, app.now(), OVERDUE_MS))
    for (const { member } of overdue) await tellProfile(app, partition, member)
  }
}

function tellProfile(app: App, partition: Partition, userId: UserId): Promise<void> {
  return transact(app, "profile:tell", async (reads) => {
    const user = await reads.get(partition, "user", userId)
    return { partition, changeSet: profileNews(user, userId, app.now()), committed: () => undefined }
  })
}
