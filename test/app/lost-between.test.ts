/**
 * [P1] [P3] A fail-over takes the tail of a visitor's partition while they are being merged, and as much is written anew
 * before they are frozen: the records are as they were read, and the numbers of the log's entries, too. Its tags are not.
 */
import { expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import type { Store } from "../../src/store/contract.ts"
import { expectConserved, historyOf } from "./checks.ts"
import { losingRedis } from "./losing-redis.ts"
import { anonymous, externalIdOn, newApp, person, say, signIn, visitor } from "./stage.ts"

const PARTITIONS = 3
const [VISITOR, PERSON, DIRECTORY] = [0, 1, 2]

const redis = losingRedis()

test("[P1] [P3] a freeze does not mistake entries that were written anew for those it had read", async () => {
  const { store, keep } = redis()
  const plain = await newApp(store, "single", PARTITIONS)
  const externalId = externalIdOn(DIRECTORY, "somebody", PARTITIONS)
  const survivor = await person(plain, PERSON, externalId)
  await say(plain, survivor, "old", { proven: true })
  const guest = visitor(VISITOR)
  await say(plain, guest, "safe")
  const name = `${plain.id}:${VISITOR}`
  const failOver = await keep(name)
  await say(plain, guest, "lost")
  let lost = false
  const losing: Store = {
    ...store,
    async commit(partition, change) {
      if (partition === name && !lost) {
        lost = true
        await failOver()
        await say(new App(store, plain.record), guest, "anew", { device: "tablet" })
      }
      return await store.commit(partition, change)
    },
  }
  const { outcome } = await signIn(new App(losing, plain.record), anonymous(guest), externalId)
  expect([lost, outcome]).toEqual([true, "merged"])
  // Its device has no answer that it could rely on, and says it again.
  expect(await say(plain, survivor, "lost", { proven: true })).toMatchObject({ duplicate: false })
  expectConserved(await historyOf(plain, survivor), ["old", "safe", "anew", "lost"], false)
})
