/** What a login may not do, whatever was merged before (docs/protocol.md 4.4, 4.7). */
import { expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { revokeBefore } from "../../src/domain/identity.ts"
import { holding } from "./dying.ts"
import { fileStore } from "./file-store.ts"
import {
  anonymous,
  externalIdOn,
  login,
  MODES,
  newApp,
  person,
  proofOf,
  say,
  UNKNOWN,
  visitor,
} from "./stage.ts"

const opened = fileStore()

test.each(MODES)(
  "[P4] %s: a token revoked by logout everywhere stays revoked when its user is merged away",
  async (mode) => {
    for (const home of [1, 2]) {
      const app = await newApp(opened.store, mode)
      const [lost, kept] = [externalIdOn(0, "lost"), externalIdOn(3, "kept")]
      const [discarded, survivor] = [await person(app, 1, lost), await person(app, home, kept)]
      const found = await resolveUser(app, discarded)
      if (!found) throw new Error("He has signed in.")
      const now = Date.now()
      await found.partition.commit(
        revokeBefore(found.versioned, found.record, now, { by: "", issuedAt: undefined }),
      )
      const stolen = { ...proofOf(lost), issuedAt: Math.floor(now / 1000) - 60 }
      await expect(login(app, UNKNOWN, stolen, now)).rejects.toMatchObject({ code: "token_revoked" })
      await mergeUsers(app, { discardedId: discarded, survivingId: survivor, reason: "api" }, now)
      await expect(login(app, UNKNOWN, stolen, now)).rejects.toMatchObject({ code: "token_revoked" })
    }
  },
)

/** More turns of the event loop than anything takes that waits for no commit. */
const MANY_TURNS = 100

test("[P3] a login that merges is over when the visitor is forwarded, and not before", async () => {
  const plain = await newApp(opened.store, "single")
  const externalId = externalIdOn(3)
  await say(plain, await person(plain, 2, externalId), "from the phone", { proven: true })
  const guest = visitor(1)
  await say(plain, guest, "from the visitor")
  const { store, reached, release } = holding(plain.store, "forward")
  let over = false
  const done = login(new App(store, plain.record), anonymous(guest), proofOf(externalId), Date.now())
  void done.finally(() => {
    over = true
  })
  await reached
  for (let turns = 0; turns < MANY_TURNS; turns += 1) await new Promise(setImmediate)
  expect(over).toBe(false)
  release()
  expect((await done).outcome).toBe("merged")
})
