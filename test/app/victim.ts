/**
 * A process to be killed: does the work it is told, says which commit it has just made, and waits for its end there.
 * `victim <lmdb|redis> <dir|url> <appId> <login|api> <discarded> <external id|survivor> <step>`
 */
import { writeSync } from "node:fs"
import { Apps } from "../../src/app/app-registry.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { type Step, stepping } from "./dying.ts"
import { anonymous, signIn } from "./stage.ts"

const [engine = "", where = "", appId = "", how = "", discarded = "", into = "", last = ""] =
  process.argv.slice(2)

async function waitToBeKilled(step: Step): Promise<void> {
  if (step !== last) return
  writeSync(1, `${step}\n`)
  await new Promise(() => setInterval(() => undefined, 60_000))
}

async function die(): Promise<void> {
  const store = engine === "redis" ? await openRedis({ url: where }) : await openLmdb({ dir: where })
  const app = await new Apps(stepping(store, waitToBeKilled)).get(appId)
  if (how === "login") await signIn(app, anonymous(discarded), into)
  else await mergeUsers(app, { discardedId: discarded, survivingId: into, reason: "api" }, Date.now())
  throw new Error(`It was over before ${last}.`)
}

void die()
