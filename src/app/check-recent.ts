/**
 * Merges and upgrades of which a partition may have lost one half (docs/architecture.md 4). A call that meets such a half
 * completes it, but mostly no call does, because no client acts as the discarded visitor any more. So when a node learns of a
 * loss, it checks the merges and upgrades that it has finished lately. [P1] [P3]
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

/** Tries, with pauses: a shard that has just failed over may not answer yet. */
const MAX_TRIES = 8
const PAUSE = { baseMs: 250, capMs: 10_000 }

/** Checks in the background, once for however many logs were found to be broken. */
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

/** The user's record, if they are an anonymous visitor again; else `undefined`. */
async function visitorAgain(app: App, userId: UserId) {
  const person = await resolveUser(app, userId)
  return person?.record.id === userId && !isConsumed(person.record) ? person.record : undefined
}

/**
 * Looking the visitor up repeats an import that was lost; if the freeze was lost too, they are a visitor again and
 * merged once more.
 */
async function checkMerge(app: App, { discardedId, survivingId, reason }: RecentMerge): Promise<void> {
  if (!(await visitorAgain(app, discardedId))) return
  if (await resolveUser(app, survivingId))
    await mergeUsers(app, { discardedId, survivingId, reason }, app.now())
}

/**
 * Upgrades a visitor again whose upgrade was lost. If the person signed in anew meanwhile, the visitor is merged into the
 * new user instead. Where only one half was lost, `holderOf` completes it.
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
