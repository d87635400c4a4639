/**
 * What a node counted last of a long history is worth nothing once anything of it has changed: a node that counts on and
 * one that counts anew come to the same, whatever happened between.
 */
import { expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { loadConversationState, resolveConversation } from "../../src/app/conversation-lookup.ts"
import { readingOf } from "../../src/app/reading.ts"
import { NO_MARKERS } from "../../src/domain/conversation.ts"
import { range, seeded } from "../acceptance/random.ts"
import { THOROUGH } from "../thorough.ts"
import { counting } from "./counting.ts"
import { distant } from "./distant-store.ts"
import { fileStore } from "./file-store.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  login,
  newApp,
  person,
  proofOf,
  read,
  say,
  visitor,
} from "./stage.ts"

const opened = fileStore()

async function placeOf(app: App, conversationId: string) {
  const place = await resolveConversation(app, conversationId)
  if (!place) throw new Error("no such conversation")
  return place
}

async function readings(app: App, conversationId: string) {
  const { partition, record } = await placeOf(app, conversationId)
  const markers = (await partition.get("markers", record.id)).value ?? NO_MARKERS
  return {
    user: await readingOf(app, partition, record, markers, "user"),
    business: await readingOf(app, partition, record, markers, "business"),
  }
}

test.each(range(THOROUGH).map((k) => k + 1))("count on and count anew, seed %i", async (seed) => {
  const chance = seeded(seed)
  const app = await newApp(opened.store, "single", 2)
  const externalId = externalIdOn(0, "somebody", 2)
  const userId = await person(app, 0, externalId)
  const { message } = await say(app, userId, "first", { proven: true })
  const { conversationId } = message
  const positions = [message.position]
  for (const round of range(30)) {
    const many = chance.below(70)
    for (const n of range(many)) {
      const { message } = await answer(app, conversationId, `agent ${round} ${n}`)
      positions.push(message.position)
    }
    const dice = chance.below(6)
    if (dice === 0) await say(app, userId, `user ${round}`, { proven: true })
    if (dice === 1) {
      const position = positions[chance.below(positions.length)] ?? ""
      await read(app, userId, conversationId, position, { proven: true })
    }
    if (dice >= 3) {
      const guest = visitor(chance.below(2))
      const { message } = await say(app, guest, `guest ${round}`)
      for (const n of range(chance.below(4))) await answer(app, message.conversationId, `to ${round} ${n}`)
      await login(app, anonymous(guest), proofOf(externalId), Date.now())
      await app.compactions.get(userId)
    }
    const anew = new App(opened.store, app.record)
    expect(await readings(app, conversationId), `round ${round}`).toEqual(
      await readings(anew, conversationId),
    )
    const [state, stateAnew] = await Promise.all(
      [app, anew].map(async (node) => loadConversationState(node, await placeOf(node, conversationId))),
    )
    expect(state?.reading, `round ${round}`).toEqual(stateAnew?.reading)
  }
})

test("of one page, what was counted is remembered where it is long: each message is decoded for it", async () => {
  const app = await newApp(opened.store, "single", 1)
  for (const [text, isKept] of [
    ["short", false],
    ["long ".repeat(800), true],
  ] as const) {
    const userId = visitor(0)
    const { conversationId } = (await say(app, userId, text)).message
    for (const n of range(20)) await say(app, userId, `${n} ${text}`)
    await readings(app, conversationId)
    const { partition, record } = await placeOf(app, conversationId)
    const markers = (await partition.get("markers", record.id)).value ?? NO_MARKERS
    expect(app.readings.find(record, markers, "business") !== undefined, text.slice(0, 5)).toBe(isKept)
    // All are the user's own: their reading ended at the last one.
    expect(app.readings.find(record, markers, "user")).toBeUndefined()
  }
})

test("a count that met a fold before the record that names it is not taken for the count after it", async () => {
  const app = await newApp(opened.store, "single", 1)
  const externalId = externalIdOn(0, "somebody", 1)
  const userId = await person(app, 0, externalId)
  const { conversationId } = (await say(app, userId, "first", { proven: true })).message
  for (const n of range(20)) await answer(app, conversationId, `agent ${n} ${"long ".repeat(800)}`)
  const before = await placeOf(app, conversationId)
  const guest = visitor(0)
  const { message } = await say(app, guest, "guest")
  for (const n of range(5)) await answer(app, message.conversationId, `to the guest ${n}`)
  await login(app, anonymous(guest), proofOf(externalId), Date.now())
  // A node whose record of the conversation is older than the end of its log.
  const node = new App(opened.store, app.record)
  const markers = (await before.partition.get("markers", conversationId)).value ?? NO_MARKERS
  await readingOf(node, before.partition, before.record, markers, "user")
  expect((await readings(node, conversationId)).user.unread).toBe(25)
})

test("what came since a count within one page is not asked for before it is needed", async () => {
  const app = await newApp(opened.store, "single", 1)
  const counted = counting(opened.store)
  const node = new App(counted.store, app.record)
  const userId = await person(app, 0, "somebody else")
  const { conversationId } = (await say(app, userId, "first", { proven: true })).message
  for (const n of range(20)) await answer(app, conversationId, `agent ${n} ${"long ".repeat(800)}`)
  const state = async () => {
    counted.take()
    const { reading } = await loadConversationState(node, await placeOf(node, conversationId))
    return { unread: reading.user.unread, calls: counted.take().calls }
  }
  const first = await state()
  const second = await state()
  expect(first.unread).toBe(20)
  expect(second.calls).toBeLessThanOrEqual(first.calls)
})

test("what was counted before is not read again", async () => {
  const app = await newApp(opened.store, "single", 1)
  const counted = counting(opened.store)
  const node = new App(counted.store, app.record)
  const userId = await person(app, 0, "somebody")
  const { message } = await say(app, userId, "first", { proven: true })
  for (const n of range(1_200)) await answer(app, message.conversationId, `agent ${n}`)
  const first = await readings(node, message.conversationId)
  counted.take()
  await answer(app, message.conversationId, "one more")
  const second = await readings(node, message.conversationId)
  expect(first.user.unread).toBe(1_200)
  expect(second.user.unread).toBe(1_201)
  expect(counted.take().calls).toBeLessThanOrEqual(6)
})

test("what came since the last count is asked for beside the log's end", async () => {
  const app = await newApp(opened.store, "single", 1)
  const far = distant(opened.store)
  const node = new App(far.store, app.record)
  const userId = await person(app, 0, "somebody far away")
  const { message } = await say(app, userId, "first", { proven: true })
  const state = async () => {
    const place = await placeOf(node, message.conversationId)
    far.rounds()
    const { reading } = await loadConversationState(node, place)
    return { unread: reading.user.unread, waits: far.rounds() }
  }
  for (const n of range(200)) await answer(app, message.conversationId, `agent ${n}`)
  expect(await state()).toEqual({ unread: 200, waits: 2 })
  for (const n of range(200)) await answer(app, message.conversationId, `agent again ${n}`)
  expect(await state()).toEqual({ unread: 400, waits: 1 })
})
