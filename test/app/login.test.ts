/** What a login may not do, whatever was merged before (docs/protocol.md 4.4, 4.7). */
import { expect, test } from "vitest"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { revokeBefore } from "../../src/domain/identity.ts"
import { fileStore } from "./file-store.ts"
import { externalIdOn, login, MODES, newApp, person, proofOf, UNKNOWN } from "./stage.ts"

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
      await found.partition.commit(revokeBefore(found.versioned, found.record, now, ""))
      const stolen = { ...proofOf(lost), issuedAt: Math.floor(now / 1000) - 60 }
      await expect(login(app, UNKNOWN, stolen, now)).rejects.toMatchObject({ code: "token_revoked" })
      await mergeUsers(app, { discardedId: discarded, survivingId: survivor, reason: "api" }, now)
      await expect(login(app, UNKNOWN, stolen, now)).rejects.toMatchObject({ code: "token_revoked" })
    }
  },
)
