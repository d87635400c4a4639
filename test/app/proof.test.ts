/** [P4] What a socket proved holds as long as a record says so, and what a store lost is made good by the next login. */
import { expect, test } from "vitest"
import { endUser } from "../../src/app/actor.ts"
import type { App } from "../../src/app/app.ts"
import { holderOf } from "../../src/app/directory.ts"
import { endSession, isStillAnonymous, revokeEverywhere, signOutDevice } from "../../src/app/logout.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { judgeProof } from "../../src/app/proof.ts"
import { sendMessage } from "../../src/app/send-message.ts"
import type { Ref } from "../../src/repository/partition.ts"
import { fileStore } from "./file-store.ts"
import { anonymous, externalIdOn, MODES, newApp, person, say, signIn, UNKNOWN, visitor } from "./stage.ts"

const opened = fileStore()

/** A socket that proved this, whatever the store says of it. */
function write(app: App, userId: string, externalId: string, text: string) {
  const actor = endUser(app, { userId, externalId, deviceId: "phone", channel: "web" }, Date.now())
  return sendMessage(app, actor, { localId: text, content: { type: "text", text } }, Date.now())
}

async function lose(app: App, partition: number, ...refs: readonly Ref[]): Promise<void> {
  await app.partition(partition).commit({ remove: refs })
}

const SOCKET = { deviceId: "phone", logoutNo: 0 }
const refused = { code: "token_expired" }

test.each(MODES)("[P4] %s: an upgrade is lost: nothing more is stored as proven", async (mode) => {
  const app = await newApp(opened.store, mode)
  const externalId = externalIdOn(2)
  const userId = visitor(1)
  await say(app, userId, "as a visitor")
  const before = (await resolveUser(app, userId))?.record
  await signIn(app, anonymous(userId), externalId)
  expect((await write(app, userId, externalId, "proven")).message.authenticated).toBe(true)
  const versioned = await app.partition(1).get("user", userId)
  if (before)
    await app.partition(1).commit({ expect: [versioned], put: [{ kind: "user", id: userId, value: before }] })
  await expect(write(app, userId, externalId, "after")).rejects.toMatchObject(refused)
  expect(await judgeProof(app, { ...SOCKET, userId, externalId, issuedAt: 1 }, Date.now())).toBe("lost")
  const { person } = await signIn(app, { kind: "identified", userId, externalId }, externalId)
  expect(person.record, "the claim was kept, and is completed").toMatchObject({ id: userId, externalId })
  expect((await write(app, userId, externalId, "again")).message.authenticated).toBe(true)
})

test.each(MODES)(
  "[P4] %s: a new person is lost: they are not made anew without their external id",
  async (mode) => {
    const app = await newApp(opened.store, mode)
    const externalId = externalIdOn(2)
    const { person: first } = await signIn(app, UNKNOWN, externalId)
    const { partition, id } = app.directorySlot(externalId)
    await lose(app, partition.index, { kind: "user", id: first.record.id }, { kind: "directory", id })
    await expect(write(app, first.record.id, externalId, "1")).rejects.toMatchObject(refused)
    const { person: second } = await signIn(app, UNKNOWN, externalId)
    expect(second.record.externalId).toBe(externalId)
    expect((await resolveUser(app, first.record.id))?.record).toBeUndefined()
  },
)

test.each(MODES)(
  "[P4] %s: whoever was merged into a person of another external id is that person",
  async (mode) => {
    const app = await newApp(opened.store, mode)
    const [lost, kept] = [externalIdOn(0, "lost"), externalIdOn(3, "kept")]
    const [discarded, survivor] = [await person(app, 1, lost), await person(app, 2, kept)]
    await mergeUsers(app, { discardedId: discarded, survivingId: survivor, reason: "api" }, Date.now())
    for (const userId of [discarded, survivor]) await write(app, userId, lost, `by ${userId}`)
    const stranger = externalIdOn(1, "stranger")
    await expect(write(app, survivor, stranger, "by a stranger")).rejects.toMatchObject(refused)
  },
)

test("[P4] a logout everywhere that was not heard is found in the record", async () => {
  const app = await newApp(opened.store, "single")
  const externalId = externalIdOn(2)
  const userId = await person(app, 1, externalId)
  const now = Date.now()
  await write(app, userId, externalId, "before")
  await revokeEverywhere(app, { userId, by: "", issuedAt: undefined }, now)
  await expect(write(app, userId, externalId, "after"), "and where the user is loaded").rejects.toMatchObject(
    {
      code: "token_revoked",
    },
  )
  const issuedAt = Math.floor(now / 1000)
  expect(await judgeProof(app, { ...SOCKET, userId, externalId, issuedAt }, now)).toBe("revoked")
  expect(await judgeProof(app, { ...SOCKET, userId, externalId, issuedAt: issuedAt + 1 }, now)).toBe("holds")
})

test.each(MODES)("[P4] %s: a lost claim does not make two people of one external id", async (mode) => {
  const app = await newApp(opened.store, mode)
  const externalId = externalIdOn(2)
  const userId = await person(app, 1, externalId)
  await say(app, userId, "1", { proven: true })
  const { partition, id } = app.directorySlot(externalId)
  await lose(app, partition.index, { kind: "directory", id })
  expect((await signIn(app, UNKNOWN, externalId)).person.record.id).toBe(userId)
  expect((await holderOf(app, externalId, Date.now()))?.record.id).toBe(userId)
})

test("[P4] a device that was logged out is found in the record, whatever the control log holds", async () => {
  const app = await newApp(opened.store, "single")
  const externalId = externalIdOn(2)
  const userId = await person(app, 1, externalId)
  const verdict = (deviceId: string, logoutNo: number) =>
    judgeProof(app, { userId, externalId, issuedAt: 1, deviceId, logoutNo }, Date.now())
  await signOutDevice(app, { userId, deviceId: "phone", by: "" })
  expect([await verdict("phone", 0), await verdict("tablet", 0)]).toEqual(["revoked", "holds"])
  await expect(write(app, userId, externalId, "1")).rejects.toMatchObject({ code: "token_revoked" })
  expect(await verdict("phone", 1), "whoever signed in after it").toBe("holds")
  for (let n = 0; n < 60; n += 1) await signOutDevice(app, { userId, deviceId: `device ${n}`, by: "" })
  await signOutDevice(app, { userId, deviceId: "phone", by: "" })
  expect([await verdict("phone", 1), await verdict("device 59", 1)]).toEqual(["revoked", "revoked"])
  expect((await resolveUser(app, userId))?.record.logouts?.length).toBeLessThanOrEqual(50)
})

test("[P4] a visitor's session that was ended opens no user, and no login takes it over", async () => {
  const app = await newApp(opened.store, "single")
  const [wrote, silent] = [visitor(1), visitor(2)]
  await say(app, wrote, "1")
  for (const userId of [wrote, silent]) {
    expect(await isStillAnonymous(app, userId)).toBe(true)
    await endSession(app, userId, Date.now())
    await endSession(app, userId, Date.now())
    expect(await isStillAnonymous(app, userId)).toBe(false)
    await expect(say(app, userId, "2")).rejects.toMatchObject({ code: "session_consumed" })
  }
  const externalId = externalIdOn(3)
  const { person: owner, outcome } = await signIn(app, anonymous(wrote), externalId)
  expect(outcome).toBe("signed_in")
  expect(owner.record.id).not.toBe(wrote)
  expect((await resolveUser(app, wrote))?.record.id, "agents see them as before").toBe(wrote)
})
