/**
 * What agents are told of profiles that change again and again: at most one event of a user in two seconds, the last one
 * with the profile as it is by then. Who is still to be told of stands in a ranking, so a node that dies leaves it to the
 * others.
 */
import { setTimeout as delay } from "node:timers/promises"
import { PROFILE_TOLD_EVERY_MS, profileNews } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import type { Partition } from "../repository/partition.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"

/** Long enough for the node that began to do it itself. */
const OVERDUE_MS = 3 * PROFILE_TOLD_EVERY_MS
const MAX_OVERDUE = 50

/** In the background: no caller waits for it. */
export function tellProfileLater(app: App, partition: Partition, userId: UserId): void {
  delay(PROFILE_TOLD_EVERY_MS, undefined, { ref: false })
    .then(() => tellProfile(app, partition, userId))
    .catch((error: unknown) => app.contention.away("profile", error))
}

/** What a node that is gone left to be told. */
export async function tellOverdueProfiles(app: App): Promise<void> {
  for (const partition of app.partitions) {
    const waiting = await partition.rank("untold", "", { limit: MAX_OVERDUE })
    const overdue = waiting.filter(({ score }) => score < app.now() - OVERDUE_MS)
    for (const { member } of overdue) await tellProfile(app, partition, member)
  }
}

function tellProfile(app: App, partition: Partition, userId: UserId): Promise<void> {
  return transact(app, "profile:tell", async (reads) => {
    const user = await reads.get(partition, "user", userId)
    return { partition, changeSet: profileNews(user, userId, app.now()), committed: () => undefined }
  })
}
