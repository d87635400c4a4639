/**
 * [P2] A fail-over takes what a visitor said last, and that they were merged; the import into the person, in another
 * partition, stays. Nobody writes where the words were, so the person's devices hear of it when the merge is done again.
 */
import { expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { checkRecent } from "../../src/app/check-recent.ts"
import { eventsAfter } from "../../src/app/user-feed.ts"
import { cursorOf } from "../../src/domain/cursor.ts"
import { type RoomMember, Rooms } from "../../src/edge/delivery/user-rooms.ts"
import type { UserId } from "../../src/protocol/branded.ts"
import { historyOf, textOf } from "../app/checks.ts"
import { losingRedis } from "../app/losing-redis.ts"
import { anonymous, externalIdOn, newApp, person, say, signIn, visitor } from "../app/stage.ts"
import { eventually } from "../faults/eventually.ts"

const PARTITIONS = 3
const [VISITOR, PERSON, DIRECTORY] = [0, 1, 2]

const redis = losingRedis()

/** A device of this user, and what it received. */
async function device(app: App, userId: UserId) {
  const received: string[] = []
  const member: RoomMember = {
    proven: true,
    held: undefined,
    park: () => void received.push("park"),
    moveTo: () => void received.push("moveTo"),
    revokeBefore: () => undefined,
    reset: () => void received.push("reset"),
  }
  const rooms = new Rooms({
    broadcast: (_, __, { type }) => void received.push(type),
    onError: (error) => void received.push(String(error)),
    onOpen: () => undefined,
    onClose: () => undefined,
  })
  const room = await rooms.enterUser(app, app.partition(PERSON), userId, member, {})
  return { received, leave: () => rooms.leave(room, member) }
}

test("[P2] a merge that is done again resets the survivor's devices, and one that was away gets a full state", async () => {
  const { store, keep } = redis()
  const app = await newApp(store, "single", PARTITIONS)
  const externalId = externalIdOn(DIRECTORY, "somebody", PARTITIONS)
  const survivor = (await person(app, PERSON, externalId)) as UserId
  await say(app, survivor, "old", { proven: true })
  const guest = visitor(VISITOR)
  await say(app, guest, "safe")
  const failOver = await keep(`${app.id}:${VISITOR}`)
  await say(app, guest, "lost")
  const { received, leave } = await device(app, survivor)
  const before = cursorOf(survivor, await app.partition(PERSON).feedHead(survivor))
  await signIn(app, anonymous(guest), externalId)
  await eventually("the merge", async () => received.includes("user:merge"))
  const merged = await eventsAfter(app, app.partition(PERSON), survivor, before)
  expect(merged?.events.map(({ type }) => type)).toContain("user:merge")
  expect(JSON.stringify(merged)).toContain("lost")
  received.length = 0

  await failOver()
  await checkRecent(app)
  await eventually("the reset", async () => received.includes("reset"))
  expect(received).not.toContain("user:merge")
  expect(await eventsAfter(app, app.partition(PERSON), survivor, merged?.cursor ?? "")).toBeUndefined()
  leave()
})

test("[P1] [P3] an import that was lost is done again by a node that told the survivor's devices, if the one that merged is gone", async () => {
  const { store, keep } = redis()
  const gone = await newApp(store, "single", PARTITIONS)
  const externalId = externalIdOn(DIRECTORY, "somebody else", PARTITIONS)
  const survivor = (await person(gone, PERSON, externalId)) as UserId
  await say(gone, survivor, "old", { proven: true })
  const guest = visitor(VISITOR)
  await say(gone, guest, "safe")
  const left = new App(store, gone.record)
  const { received, leave } = await device(left, survivor)
  const failOver = await keep(`${gone.id}:${PERSON}`)
  await signIn(gone, anonymous(guest), externalId)
  await eventually("the merge", () => received.includes("user:merge"))

  await failOver()
  await checkRecent(left)
  expect((await historyOf(left, survivor)).messages.map(textOf)).toEqual(["old", "safe"])
  leave()
})
