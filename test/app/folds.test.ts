/**
 * [P3] A user chats before each sign-in, again and again. What that leaves is compacted: a send costs what it costs after
 * no fold at all, a page what it costs after ten, and no message changes its place. Store calls and bytes are counted.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { expect, test } from "vitest"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { resolveTicket } from "../../src/app/load-badges.ts"
import { listConversations, listMessages, readConversation } from "../../src/app/user-conversations.ts"
import { eventsAfter } from "../../src/app/user-feed.ts"
import { MAX_SEGMENTS } from "../../src/domain/compaction.ts"
import { RECORD_CODECS } from "../../src/repository/codec.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { range } from "../acceptance/random.ts"
import { historyOf, textOf } from "./checks.ts"
import { counting } from "./counting.ts"
import { toldFromTheBeginning } from "./desk.ts"
import { fileStore } from "./file-store.ts"
import {
  actorOf,
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

const FOLDS = 60
const FEW = 10

const opened = fileStore()

async function scene(partitions: number) {
  const plain = await newApp(opened.store, "single", partitions)
  const counted = counting(opened.store)
  const app = new App(counted.store, plain.record)
  const externalId = externalIdOn(0, "somebody", partitions)
  const userId = await person(app, 0, externalId)
  const { message } = await say(app, userId, "first", { proven: true })
  const { conversationId } = message
  const said = ["first"]
  let guests = 0
  const fold = async (): Promise<void> => {
    const guest = visitor(guests % partitions)
    guests += 1
    said.push(`of ${guests}`)
    await say(app, guest, `of ${guests}`)
    await login(app, anonymous(guest), proofOf(externalId), Date.now())
    await app.compactions.get(userId)
  }
  const actor = actorOf(app, userId, { proven: true })
  const costOf = async (work: () => Promise<unknown>): Promise<number> => {
    // What goes on in the background is not what this costs.
    for (let going = app.compactions.get(userId); going; going = app.compactions.get(userId)) await going
    await app.background.idle()
    while (app.toldAgain.size > 0) await setImmediate()
    counted.take()
    await work()
    return counted.take().calls
  }
  const costs = async () => ({
    send: await costOf(() => {
      said.push(`then ${said.length}`)
      return say(app, userId, said.at(-1) ?? "", { proven: true, conversationId })
    }),
    page: await costOf(() => listMessages(app, actor, { conversationId, limit: 50 })),
    list: await costOf(() => listConversations(app, actor, {})),
  })
  const bytes = async (): Promise<number> => {
    const place = await resolveConversation(app, conversationId)
    return place ? RECORD_CODECS.conversation.encode(place.record).length : 0
  }
  return { app, userId, conversationId, said, fold, costs, bytes, costOf, externalId }
}

test.each([1, 4])("[P3] %i partitions: what many folds cost", async (partitions) => {
  const { app, userId, conversationId, said, fold, costs, bytes } = await scene(partitions)
  await costs()
  const none = await costs()
  for (const _ of range(FEW)) await fold()
  const few = await costs()
  const before = await historyOf(app, userId, 100)
  for (const _ of range(FOLDS - FEW)) await fold()
  await costs()
  const many = await costs()
  expect(many.send).toBeLessThanOrEqual(none.send)
  expect(many.page).toBeLessThanOrEqual(few.page + MAX_SEGMENTS)
  expect(many.list).toBeLessThanOrEqual(few.list + MAX_SEGMENTS)
  const place = await resolveConversation(app, conversationId)
  expect(place?.record.segments.length).toBeLessThanOrEqual(MAX_SEGMENTS)
  // A node keeps the records of its latest senders, up to this size.
  expect(await bytes()).toBeLessThan(4_096)
  const user = await app.homePartition(userId)?.get("user", userId)
  expect(user?.value && RECORD_CODECS.user.encode(user.value).length).toBeLessThan(300)
  const after = await historyOf(app, userId, 100)
  expect(after.messages.map(textOf)).toEqual(said)
  const positions = new Map(after.messages.map(({ id, position }) => [id, position]))
  for (const { id, position } of before.messages) expect(positions.get(id)).toBe(position)
})

const DAY_MS = 86_400_000

test("[S17] [P3] the logs that were copied go after a month, and nothing that is shown does", async () => {
  const dir = await mkdtemp(join(tmpdir(), "trib-folds-"))
  let ahead = 0
  const store = await openLmdb({ dir, clock: () => Date.now() + ahead })
  const app = await newApp(store, "single", 1)
  const externalId = externalIdOn(0, "somebody", 1)
  const userId = await person(app, 0, externalId)
  const { message } = await say(app, userId, "first", { proven: true })
  const cursor = `${userId}~0~0~`
  const logs: string[] = []
  for (const k of range(30)) {
    const guest = visitor(0)
    const sent = await say(app, guest, `of ${k}`)
    logs.push(sent.message.conversationId)
    await login(app, anonymous(guest), proofOf(externalId), Date.now())
    for (let going = app.compactions.get(userId); going; going = app.compactions.get(userId)) await going
  }
  const place = await resolveConversation(app, message.conversationId)
  const segments = new Set(place?.record.segments.map(({ log }) => log))
  const copied = logs.filter((log) => !segments.has(log))
  expect(copied.length).toBeGreaterThanOrEqual(30 - MAX_SEGMENTS)
  const stored = async (names: readonly string[]) => {
    const heads = await Promise.all(names.map((log) => app.partition(0).messagesHead(log)))
    return heads.filter((head) => head !== undefined).length
  }
  const history = await historyOf(app, userId, 100)
  ahead = 28 * DAY_MS
  for (const k of range(8)) await say(app, userId, `later ${k}`, { proven: true })
  expect(await stored(copied)).toBe(copied.length)
  expect(await eventsAfter(app, app.partition(0), userId, cursor)).toBeDefined()
  ahead = 31 * DAY_MS
  for (const k of range(8)) await say(app, userId, `much later ${k}`, { proven: true })
  expect(await stored(copied)).toBe(0)
  expect(await stored([...segments])).toBe(segments.size)
  const after = await historyOf(app, userId, 100)
  expect(after.messages.slice(0, history.messages.length)).toEqual(history.messages)
  // Its events would show what is gone: whoever knows no more than that begins with the whole state.
  expect(await eventsAfter(app, app.partition(0), userId, cursor)).toBeUndefined()
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

test.each([1, 4])(
  "[P3] %i partitions: every guest's ticket is found, also the oldest",
  async (partitions) => {
    const { app, conversationId, fold } = await scene(partitions)
    for (const _ of range(30)) await fold()
    const received = await toldFromTheBeginning(app)
    const ids = new Set(
      received.flatMap((event) => (event.type === "ticket:create" ? [event.data.ticketId] : [])),
    )
    expect(ids.size).toBe(31)
    const place = await resolveConversation(app, conversationId)
    expect(place?.record.previousTickets?.length).toBeLessThanOrEqual(10)
    for (const id of ids) {
      const ticket = await resolveTicket(app, id)
      expect(ticket?.record.id).toBe(conversationId)
      if (ticket?.ticket.id === place?.record.ticket?.id) continue
      expect(ticket?.ticket).toMatchObject({ id, status: "closed", mergedInto: place?.record.ticket?.id })
      // One that was joined away stands for the one that is left.
      const { ticket: changed } = await updateTicket(app, { ticketId: id, status: "open" }, Date.now())
      expect(changed.id).toBe(place?.record.ticket?.id)
    }
  },
)

test("[P3] [3.4] what agents have not read is counted as before, and read up to any message of it", async () => {
  const { app, userId, conversationId, fold } = await scene(4)
  await answer(app, conversationId, "for you")
  for (const _ of range(30)) await fold()
  const place = await resolveConversation(app, conversationId)
  expect(place?.record.segments.some(({ copies }) => copies)).toBe(true)
  const { messages } = await historyOf(app, userId, 100)
  const actor = { ...actorOf(app, userId, { proven: true }), side: "business" as const }
  let later = 0
  for (const left of [25, 11, 3, 0]) {
    const position = messages.at(-1 - left)?.position ?? ""
    for (const _ of range(2)) {
      const unreadCount = left + later
      expect(await readConversation(app, actor, { conversationId, position })).toEqual({ unreadCount })
      await fold()
      later += 1
    }
  }
  expect(await read(app, userId, conversationId, messages.at(-1)?.position ?? "", { proven: true })).toEqual({
    unreadCount: 0,
  })
})

test("[3.2] a send of a guest is known after many more folds, and costs later sends nothing", async () => {
  const { app, userId, conversationId, fold, costOf, externalId } = await scene(4)
  const guest = visitor(1)
  const { message } = await say(app, guest, "once", { localId: "mine" })
  await login(app, anonymous(guest), proofOf(externalId), Date.now())
  for (const _ of range(20)) await fold()
  const again = await say(app, userId, "twice", { localId: "mine", proven: true, conversationId })
  expect(again).toMatchObject({ duplicate: true, message: { id: message.id, position: message.position } })
  await say(app, userId, "warm", { proven: true, conversationId })
  expect(await costOf(() => say(app, userId, "plain", { proven: true, conversationId }))).toBe(1)
})
