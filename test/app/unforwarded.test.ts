/**
 * [P3] Between a merge's import and its forward the conversation is the survivor's, and the partition where it began does not
 * know it yet: who is merged next is folded into it all the same.
 */
import { expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import type { Store } from "../../src/store/contract.ts"
import { expectConserved, historyOf } from "./checks.ts"
import { fileStore } from "./file-store.ts"
import { anonymous, externalIdOn, newApp, person, say, signIn, visitor } from "./stage.ts"

const opened = fileStore()
const [FIRST, PERSON, SECOND, DIRECTORY] = [0, 1, 2, 3]

test("[P3] a person has one conversation in single mode, also while the first visitor is still to be forwarded", async () => {
  const plain = await newApp(opened.store, "single")
  const externalId = externalIdOn(DIRECTORY)
  const survivor = await person(plain, PERSON, externalId)
  const [first, second] = [visitor(FIRST), visitor(SECOND)]
  await say(plain, first, "of the first")
  await say(plain, second, "of the second")
  let go = (): void => undefined
  const gone = new Promise<void>((resolve) => {
    go = resolve
  })
  let came = (): void => undefined
  const forwarding = new Promise<void>((resolve) => {
    came = resolve
  })
  let commits = 0
  const holding: Store = {
    ...opened.store,
    async commit(partition, change) {
      if (partition === `${plain.id}:${FIRST}`) commits += 1
      // The first one freezes the visitor.
      if (partition === `${plain.id}:${FIRST}` && commits === 2) {
        came()
        await gone
      }
      return await opened.store.commit(partition, change)
    },
  }
  const users = { discardedId: first, survivingId: survivor, reason: "sdkLogin" } as const
  const merging = mergeUsers(new App(holding, plain.record), users, Date.now())
  await forwarding
  await signIn(new App(opened.store, plain.record), anonymous(second), externalId)
  go()
  await merging
  const history = await historyOf(plain, survivor)
  expect(history.conversations).toHaveLength(1)
  expectConserved(history, ["of the first", "of the second"], false)
})
