/**
 * Histories of long messages: what is read and decoded is what fits into a frame, however much is stored, and page by page
 * every message is met once.
 */
import { expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { FRAME_BYTES, sizeOf } from "../../src/app/frame-budget.ts"
import { snapshot } from "../../src/app/snapshot.ts"
import { listConversations, listMessages } from "../../src/app/user-conversations.ts"
import { eventsAfter } from "../../src/app/user-feed.ts"
import type { Store } from "../../src/store/contract.ts"
import { range } from "../acceptance/random.ts"
import { fileStore } from "./file-store.ts"
import { actorOf, anonymous, externalIdOn, newApp, open, person, say, signIn, visitor } from "./stage.ts"

const opened = fileStore()
const LONG = "漢".repeat(4_000)

/** Counts the bytes of messages that were read. */
function weighing(store: Store): { readonly store: Store; readonly taken: () => number } {
  let bytes = 0
  const read: Store["read"] = async (...asked) => {
    const entries = await store.read(...asked)
    for (const { value, of } of entries) bytes += value.byteLength + (of?.value.byteLength ?? 0)
    return entries
  }
  const taken = (): number => {
    const before = bytes
    bytes = 0
    return before
  }
  return { store: { ...store, read }, taken }
}

/** Two histories that became one, their messages one after the other in turn. */
async function folded(app: App): Promise<{ userId: string; conversationId: string; said: string[] }> {
  const externalId = externalIdOn(0, "writer", 1)
  const userId = await person(app, 0, externalId)
  const guest = visitor(0)
  const said: string[] = []
  let conversationId = ""
  for (const n of range(30)) {
    const text = `${n} ${LONG}`
    said.push(text, `guest ${text}`)
    conversationId = (await say(app, userId, text, { localId: `${n}`, proven: true })).message.conversationId
    await say(app, guest, `guest ${text}`, { localId: `guest ${n}` })
  }
  await signIn(app, anonymous(guest), externalId)
  return { userId, conversationId, said }
}

const textOf = ({
  content,
}: {
  readonly content: { readonly type: string; readonly text?: string }
}): string => content.text ?? ""

test("[P3] page by page, from either end, every long message of a joined history is met once", async () => {
  const app = await newApp(opened.store, "single", 1)
  const { userId, conversationId, said } = await folded(app)
  const actor = actorOf(app, userId, { proven: true })
  const back: string[] = []
  for (let before: string | undefined; ; ) {
    const { messages, more } = await listMessages(app, actor, { conversationId, limit: 100, before })
    expect(sizeOf(messages)).toBeLessThan(FRAME_BYTES)
    back.unshift(...messages.map(textOf))
    before = messages[0]?.position
    if (!more) break
  }
  const on: string[] = []
  for (let after = "0"; ; ) {
    const { messages, more } = await listMessages(app, actor, { conversationId, limit: 100, after })
    on.push(...messages.map(textOf))
    after = messages.at(-1)?.position ?? ""
    if (!more) break
  }
  expect(on).toEqual(said)
  expect(back).toEqual(said)
})

test("a state, a list and missed events read so many bytes, however many long messages there are", async () => {
  const { store, taken } = weighing(opened.store)
  const app = await newApp(store, "multi", 1)
  const userId = visitor(0)
  const { cursor } = (await snapshot(app, app.partition(0), userId)).situation
  for (const n of range(30)) {
    const conversationId = await open(app, userId)
    for (const m of range(20)) await say(app, userId, LONG, { conversationId, localId: `${n} ${m}` })
  }
  taken()
  const { situation } = await snapshot(app, app.partition(0), userId)
  expect(situation.conversations?.length).toBe(25)
  expect(situation.conversations?.every(({ more }) => more)).toBe(true)
  expect(taken()).toBeLessThan(26 * FRAME_BYTES)
  // What agents have not read was looked for once; a page of the first conversation, then few messages of each.
  await snapshot(app, app.partition(0), userId)
  expect(taken()).toBeLessThan(12 * FRAME_BYTES)
  expect(await eventsAfter(app, app.partition(0), userId, cursor)).toBeUndefined()
  expect(taken()).toBeLessThan(4 * FRAME_BYTES)
  const list = () => listConversations(app, actorOf(app, userId), { limit: 100 })
  expect((await list()).conversations.length).toBe(30)
  taken()
  await list()
  // What agents have not read was looked for once.
  expect(taken()).toBeLessThan(20 * FRAME_BYTES)
})

test("the room of a frame is used up by what is shown, also where the last messages are short and those before are long", async () => {
  const { store, taken } = weighing(opened.store)
  const app = await newApp(store, "multi", 1)
  const userId = visitor(0)
  for (const n of range(25)) {
    const conversationId = await open(app, userId)
    // The one that is read first, the latest, has long messages alone: so few entries are asked for of the others.
    const texts = n === 24 ? Array(17).fill(LONG) : [...Array(10).fill(LONG), ...Array(10).fill("short")]
    for (const [m, text] of texts.entries())
      await say(app, userId, text, { conversationId, localId: `${n} ${m}` })
  }
  taken()
  const { situation } = await snapshot(app, app.partition(0), userId)
  const shown = situation.conversations?.flatMap(({ messages = [] }) => messages) ?? []
  expect(shown.length).toBeGreaterThan(25)
  expect(taken()).toBeLessThan(14 * FRAME_BYTES)
})
