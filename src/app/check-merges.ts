/**
 * One partition may lose its tail (docs/architecture.md 4). A call that meets a half of a merge that was undone does the
 * rest, but mostly no call does: a person who signed in is not the visitor any more. So when a node hears of a loss, the
 * merges that were finished on it lately are looked at. [P1] [P3]
 */
import { setTimeout as delay } from "node:timers/promises"
import { isConsumed } from "../domain/identity.ts"
import { fullJitter } from "../lib/backoff.ts"
import type { App } from "./app.ts"
import { mergeUsers } from "./merge-queue.ts"
import { resolveUser } from "./merge-users.ts"
import type { RecentMerge } from "./recent-merges.ts"

/** A shard that has just failed over may not answer yet. */
const MAX_TRIES = 8
const PAUSE = { baseMs: 250, capMs: 10_000 }

/** In the background, once for however many logs were found to be broken. */
export function checkMergesSoon(app: App): void {
  if (app.recentMerges.since(app.now()).length > 0)
    app.background.run("merges:check", () => checkPatiently(app))
}

async function checkPatiently(app: App): Promise<void> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    try {
      return await checkMerges(app)
    } catch (error) {
      app.contention.away("merges:check", error)
      await delay(fullJitter(tries, PAUSE, Math.random()), undefined, { ref: false })
    }
  }
}

export async function checkMerges(app: App): Promise<void> {
  for (const merge of app.recentMerges.since(app.now())) await checkMerge(app, merge)
}

/** The forwarding alone leads to the import, which is repeated if it was lost; a visitor who is one again is merged again. */
async function checkMerge(app: App, { discardedId, survivingId, reason }: RecentMerge): Promise<void> {
  const person = await resolveUser(app, discardedId)
  if (person?.record.id !== discardedId || isConsumed(person.record)) return
  if (await resolveUser(app, survivingId))
    await mergeUsers(app, { discardedId, survivingId, reason }, app.now())
}
