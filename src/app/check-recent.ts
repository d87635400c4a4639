/**
 * One partition may lose its tail (docs/architecture.md 4). A call that meets a half of a merge that was undone does the
 * rest, but mostly no call does: a person who signed in is not the visitor any more. So when a node hears of a loss, the
 * merges and upgrades that were finished on it lately are looked at. [P1] [P3]
 */

import { setTimeout as delay } from "node:timers/promises"
import { isConsumed } from "../domain/identity.ts"
import { fullJitter } from "../lib/backoff.ts"
import type { UserId } from "../protocol/branded.ts"
import { AGAIN, transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { holderOf, upgrade } from "./directory.ts"
import { mergeUsers } from "./merge-queue.ts"
import { resolveUser } from "./merge-users.ts"
import type { RecentMerge, RecentUpgrade } from "./recent-changes.ts"

/** A shard that has just failed over may not answer yet. */
const MAX_TRIES = 8
const PAUSE = { baseMs: 250, capMs: 10_000 }

/** In the background, once for however many logs were found to be broken. */
export function checkRecentSoon(app: App): void {
  const now = app.now()
  if (app.recentMerges.since(now).length + app.recentUpgrades.since(now).length > 0)
    app.background.run("recent:check", () => checkPatiently(app))
}

async function checkPatiently(app: App): Promise<void> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    try {
      return await checkRecent(app)
    } catch (error) {
      app.contention.away("recent:check", error)
      await delay(fullJitter(tries, PAUSE, Math.random()), undefined, { ref: false })
    }
  }
}

export async function checkRecent(app: App): Promise<void> {
  for (const one of app.recentUpgrades.since(app.now())) await checkUpgrade(app, one)
  for (const merge of app.recentMerges.since(app.now())) await checkMerge(app, merge)
}

/** A visitor again, though they have a record. `undefined`: they are not. */
async function visitorAgain(app: App, userId: UserId) {
  const person = await resolveUser(app, userId)
  return person?.record.id === userId && !isConsumed(person.record) ? person.record : undefined
}

/** The forwarding alone leads to the import, which is repeated if it was lost; a visitor who is one again is merged again. */
async function checkMerge(app: App, { discardedId, survivingId, reason }: RecentMerge): Promise<void> {
  if (!(await visitorAgain(app, discardedId))) return
  if (await resolveUser(app, survivingId))
    await mergeUsers(app, { discardedId, survivingId, reason }, app.now())
}

/**
 * Who is a visitor again becomes the person again; where that person signed in anew meanwhile, and could not be found, the two
 * become one. A half that was lost is completed by the look at the external id.
 */
async function checkUpgrade(app: App, { userId, claims }: RecentUpgrade): Promise<void> {
  if (!(await visitorAgain(app, userId))) return
  await transact(app, "user:upgrade", async (reads) => {
    const holder = await holderOf(app, claims.externalId, app.now(), reads, claims)
    if (!holder) {
      const half = (): typeof AGAIN => AGAIN
      return upgrade(app, userId, claims, app.now(), reads, { half, whole: () => undefined })
    }
    const merging = { discardedId: userId, survivingId: holder.record.id, reason: "sdkLogin" } as const
    if (await visitorAgain(app, userId)) await mergeUsers(app, merging, app.now())
    return { answer: undefined }
  })
}
