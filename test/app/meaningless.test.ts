/** What people write is packed without meaning, and what cannot be shown or merged stands in no one's way [P3]. */
import { expect, test } from "vitest"
import { endUser } from "../../src/app/actor.ts"
import { listTickets } from "../../src/app/agents/ticket-list.ts"
import { App } from "../../src/app/app.ts"
import { finishMerge, resolveUser } from "../../src/app/merge-users.ts"
import { updateProfile } from "../../src/app/profile.ts"
import { snapshot } from "../../src/app/snapshot.ts"
import { UNOBSERVED } from "../../src/repository/transact.ts"
import { fileStore } from "./file-store.ts"
import { anonymous, externalIdOn, MODES, newApp, person, say, signIn, visitor } from "./stage.ts"

const opened = fileStore()

const HALVES = [
  { constructor: "x", length: 1 },
  { toJSON: "y", hasOwnProperty: "z", valueOf: true },
] as const

function describeSelf(
  app: App,
  userId: string,
  externalId: string | undefined,
  metadata: Record<string, string | number | boolean>,
) {
  const actor = endUser(app, { userId, externalId, deviceId: "phone", channel: "web" }, Date.now())
  return updateProfile(app, actor, { metadata }, Date.now())
}

test.each(MODES)("[P3] %s: metadata of any names is kept, and merged over partitions", async (mode) => {
  const app = await newApp(opened.store, mode)
  const externalId = externalIdOn(2)
  const owner = await person(app, 1, externalId)
  const guest = visitor(3)
  await say(app, guest, "as a visitor")
  await describeSelf(app, guest, undefined, HALVES[0] as never)
  await describeSelf(app, owner, externalId, HALVES[1] as never)
  expect((await signIn(app, anonymous(guest), externalId)).outcome).toBe("merged")
  expect((await resolveUser(app, guest))?.record.metadata).toEqual({ ...HALVES[0], ...HALVES[1] })
  const { situation } = await snapshot(app, app.partition(1), owner)
  expect(situation.user.metadata).toEqual({ ...HALVES[0], ...HALVES[1] })
})

test("a list leaves out records that cannot be shown, and counts them", async () => {
  const plain = await newApp(opened.store, "single")
  const left: string[] = []
  const app = new App(opened.store, plain.record, {
    ...UNOBSERVED,
    unshowable: (what, id) => left.push(`${what} ${id}`),
  })
  const [good, bad] = [visitor(1), visitor(2)]
  await say(plain, good, "1")
  const { message } = await say(plain, bad, "2")
  const partition = plain.partition(2)
  const { value } = await partition.get("conversation", message.conversationId)
  if (!value?.ticket) throw new Error("no ticket")
  // It leads to a partition that there is not: it cannot be read.
  const forwardedTo = { into: "con_gone", partition: 99 }
  await partition.commit({
    put: [{ kind: "conversation", id: value.id, value: { ...value, forwardedTo } as never }],
  })
  const { tickets } = await listTickets(app, {}, "ada", () => false)
  expect(tickets.map(({ userId }) => userId)).toContain(good)
  expect(tickets.map(({ userId }) => userId)).not.toContain(bad)
  expect(left).toEqual([expect.stringMatching(/^ticket tkt_/)])
})

test("[P3] a merge that fails by a fault leaves no user frozen", async () => {
  const app = await newApp(opened.store, "single")
  const guest = visitor(1)
  await say(app, guest, "1")
  const { partition, record } = (await resolveUser(app, guest)) ?? {}
  if (!partition || !record) throw new Error("nobody")
  const mergeState = {
    kind: "merging",
    into: "no hub made this",
    mergeId: "m",
    reason: "api",
    at: 1,
  } as const
  const versioned = await partition.get("user", guest)
  await partition.commit({
    expect: [versioned],
    put: [{ kind: "user", id: guest, value: { ...record, mergeState } }],
  })
  await expect(finishMerge(app, guest)).rejects.toThrow(/which no hub made/)
  expect((await resolveUser(app, guest))?.record.id).toBe(guest)
  await say(app, guest, "2")
})

test("[P3] data that cannot be imported is found before a user is frozen for it", async () => {
  const app = await newApp(opened.store, "single")
  const externalId = externalIdOn(2)
  await person(app, 1, externalId)
  const guest = visitor(3)
  const { message } = await say(app, guest, "as a visitor")
  const partition = app.partition(3)
  const { value } = await partition.get("conversation", message.conversationId)
  if (!value?.ticket) throw new Error("no ticket")
  // No store takes such a name into a ranking.
  const ticket = { ...value.ticket, id: "x".repeat(600) }
  await partition.commit({ put: [{ kind: "conversation", id: value.id, value: { ...value, ticket } }] })
  const before = await partition.get("user", guest)
  for (const _ of [1, 2]) await expect(signIn(app, anonymous(guest), externalId)).rejects.toThrow(/512 bytes/)
  const { version } = await partition.get("user", guest)
  expect(version, "never written, so never frozen").toBe(before.version)
})
