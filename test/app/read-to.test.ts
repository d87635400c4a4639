/**
 * [P2] What a merge tells of a history is what a device that asks is told: in whichever order its parts are counted, they
 * come to the same.
 */
import { expect, test } from "vitest"
import { business } from "../../src/app/actor.ts"
import type { App } from "../../src/app/app.ts"
import { findConversation } from "../../src/app/merge-users.ts"
import { sendMessage } from "../../src/app/send-message.ts"
import { showConversation } from "../../src/app/show-conversations.ts"
import { readConversation } from "../../src/app/user-conversations.ts"
import { eventOf } from "../../src/app/user-feed.ts"
import { ReadSet } from "../../src/repository/read-set.ts"
import { range, seeded } from "../acceptance/random.ts"
import { THOROUGH } from "../thorough.ts"
import { allTold } from "./desk.ts"
import { fileStore } from "./file-store.ts"
import { anonymous, answer, externalIdOn, newApp, open, person, read, say, signIn, visitor } from "./stage.ts"

const opened = fileStore()

/** What the last merge told the person's devices of their conversation. */
async function toldOf(app: App, userId: string) {
  const [entry] = (await app.homePartition(userId)?.feed(userId, { limit: 1 })) ?? []
  const event = entry && (await eventOf(app, userId, entry))
  const [conversation] = event?.type === "user:merge" ? event.data.conversations : []
  if (!conversation) throw new Error("the last event is no merge")
  const { messages: _, more: __, ...shown } = conversation
  return shown
}

const ANN = { type: "agent", id: "ann" } as const
const asAnn = (app: App, conversationId: string) => business(app, conversationId, ANN, { channel: "api" })

const readAsAgent = (app: App, conversationId: string, position: string) =>
  readConversation(app, asAnn(app, conversationId), { conversationId, position })

const noteOf = (app: App, conversationId: string, text: string) => {
  const note = { localId: text, conversationId, content: { type: "text", text }, internal: true } as const
  return sendMessage(app, asAnn(app, conversationId), note, Date.now())
}

async function asked(app: App, conversationId: string) {
  const place = await findConversation(app, conversationId, new ReadSet())
  if (!place) throw new Error("no such conversation")
  return await showConversation(app, place, 0)
}

test("[P2] a merge tells how far was read as a fetch does, also of the third history that is folded in", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = await person(app, 0, "somebody")
  const [early, middle, late] = range(3).map(() => visitor(0))
  const unanswered = await say(app, early ?? "", "read by nobody but its author")
  await say(app, middle ?? "", "before the answer")
  await answer(app, unanswered.message.conversationId, "an answer that is not read")
  await say(app, late ?? "", "after the answer")
  for (const guest of [middle, late, early]) await signIn(app, anonymous(guest ?? ""), "somebody")
  const shown = await toldOf(app, userId)
  expect(shown).toEqual(await asked(app, shown.id))
  expect(shown.unreadCount).toBe(1)
})

test("[P2] what an agent has read is told though much was written since", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = await person(app, 0, "somebody else")
  const { message } = await say(app, userId, "a question", { proven: true })
  const answered = await answer(app, message.conversationId, "its answer")
  for (const n of range(60)) await say(app, userId, `and ${n}`, { proven: true })
  expect((await asked(app, message.conversationId)).readTo.business).toBe(answered.message.position)
})

test("[P2] reading on in a joined history tells how far was read as a fetch does", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = await person(app, 0, "somebody who reads on")
  const guest = visitor(0)
  const { message: question } = await say(app, guest, "a question")
  const [first] = [
    await answer(app, question.conversationId, "read now"),
    await answer(app, question.conversationId, "not read"),
  ]
  await say(app, userId, "later, elsewhere", { proven: true })
  await signIn(app, anonymous(guest), "somebody who reads on")
  await read(app, userId, question.conversationId, first.message.position, { proven: true })
  const [entry] = (await app.homePartition(userId)?.feed(userId, { limit: 1 })) ?? []
  const event = entry && (await eventOf(app, userId, entry))
  const { readTo, unreadCount } = await asked(app, question.conversationId)
  expect(unreadCount).toBe(1)
  expect(event).toMatchObject({ type: "conversation:read", data: { position: readTo.user, unreadCount } })
})

/** What the last read marker told: the user's devices, and agents. */
async function toldOfRead(app: App, userId: string) {
  const [own] = (await app.homePartition(userId)?.feed(userId, { limit: 1 })) ?? []
  const event = own && (await eventOf(app, userId, own))
  const agents = (await allTold(app)).flat().filter(({ type }) => type === "conversation:read")
  return { event, agents: agents.at(-1) }
}

test("[P2] what an agent reads in a joined history is told as a fetch shows it", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = await person(app, 0, "somebody whom an agent reads")
  const guest = visitor(0)
  const { message: early } = await say(app, guest, "a question")
  const { message } = await say(app, userId, "elsewhere", { proven: true })
  await answer(app, message.conversationId, "read by its author")
  await signIn(app, anonymous(guest), "somebody whom an agent reads")
  await readAsAgent(app, message.conversationId, early.position)
  const shown = (await asked(app, message.conversationId)).readTo.business
  const received = await toldOfRead(app, userId)
  expect(received.event).toMatchObject({ type: "conversation:read", data: { position: shown } })
  expect(received.agents).toMatchObject({ data: { position: shown } })
})

test("[P4] a note that an agent reads tells the user's devices nothing, not even when it was written", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = await person(app, 0, "somebody with a note")
  const { message } = await say(app, userId, "a question", { proven: true })
  const note = await noteOf(app, message.conversationId, "about them")
  await readAsAgent(app, message.conversationId, note.message.position)
  const received = await toldOfRead(app, userId)
  expect(received.event).toMatchObject({ type: "conversation:read", data: { position: message.position } })
  expect(received.agents).toMatchObject({ data: { position: note.message.position } })
  expect((await asked(app, message.conversationId)).readTo.business).toBe(message.position)
})

test("[P4] a note in the middle tells nothing: what an agent has read is the message before it, near or far", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = await person(app, 0, "somebody with a note in the middle")
  const { message } = await say(app, userId, "a question", { proven: true })
  const { conversationId } = message
  const note = await noteOf(app, conversationId, "about them")
  await say(app, userId, "and another", { proven: true })
  expect((await asked(app, conversationId)).readTo.business).toBe(message.position)
  for (const n of range(70)) await say(app, userId, `and ${n}`, { proven: true })
  expect((await asked(app, conversationId)).readTo.business).toBe(message.position)
  await noteOf(app, conversationId, "about them, again")
  const { message: latest } = await say(app, userId, "and the last", { proven: true })
  await readAsAgent(app, conversationId, note.message.position)
  expect(((await asked(app, conversationId)).readTo.business ?? "") < latest.position).toBe(true)
})

test("[P4] an agent who reads up to a note in the middle tells what a fetch shows: the message before it", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = await person(app, 0, "somebody with a marker at a note")
  const { message } = await say(app, userId, "a question", { proven: true })
  const { conversationId } = message
  // Of a bot, which has read nothing by writing.
  const bot = business(app, conversationId, { type: "bot", id: "bot" }, { channel: "api" })
  const { message: spoken } = await answer(app, conversationId, "an answer")
  const note = {
    localId: "n",
    conversationId,
    content: { type: "text", text: "a note" },
    internal: true,
  } as const
  const noted = await sendMessage(app, bot, note, Date.now())
  await say(app, userId, "and another", { proven: true })
  await readAsAgent(app, conversationId, noted.message.position)
  expect((await asked(app, conversationId)).readTo.business).toBe(spoken.position)
  const { event } = await toldOfRead(app, userId)
  if (event?.type === "conversation:read") expect(event.data.position).toBe(spoken.position)
})

test("[P4] for the user, a history that begins with a note has been read by no agent", async () => {
  const app = await newApp(opened.store, "multi", 1)
  const userId = await person(app, 0, "somebody with a note first")
  const conversationId = await open(app, userId, { proven: true })
  await noteOf(app, conversationId, "a note before all")
  await say(app, userId, "a question", { proven: true, conversationId })
  expect((await asked(app, conversationId)).readTo).toEqual({ user: expect.any(String) })
})

test.each(range(5 * THOROUGH))("[P2] a merge tells what a fetch does, seed %i", async (seed) => {
  const chance = seeded(seed)
  const app = await newApp(opened.store, "single", 2)
  const externalId = externalIdOn(0, "somebody", 2)
  const userId = await person(app, 0, externalId)
  const guests = range(8).map(() => visitor(chance.below(2)))
  const rooms = new Map<string, string>()
  const notes: string[] = []
  const note = async (room: string, text: string) => {
    if (chance.below(3) === 0) notes.push((await noteOf(app, room, text)).message.position)
  }
  for (const turn of range(60)) {
    const guest = chance.pick(guests)
    const room = rooms.get(guest)
    if (room === undefined || chance.below(3) === 0) {
      const { message } = await say(app, guest, `guest ${turn}`)
      rooms.set(guest, message.conversationId)
    } else {
      await note(room, `note ${turn}`)
      const { message } = await answer(app, room, `agent ${turn}`)
      await note(room, `note after ${turn}`)
      if (chance.below(4) === 0) await read(app, guest, room, message.position)
    }
  }
  for (const guest of rooms.keys()) {
    await signIn(app, anonymous(guest), externalId)
    const shown = await toldOf(app, userId)
    expect(shown, guest).toEqual(await asked(app, shown.id))
    for (const note of notes) expect(Object.values(shown.readTo)).not.toContain(note)
    await app.compactions.get(userId)
  }
})
