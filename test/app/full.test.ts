/** [4.2, 4.7] A conversation holds 30,000 messages; what is folded beyond that is kept and locked for writing. */
import { expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { CONVERSATION_MESSAGES, foldedMessages } from "../../src/domain/conversation.ts"
import { range } from "../acceptance/random.ts"
import { fileStore } from "./file-store.ts"
import { newApp, open, say, visitor } from "./stage.ts"

const opened = fileStore()

const AT_ONCE = 1_000

/** Appends as many messages as it takes to have `count` of them, as past sends would have. */
async function fillUp(app: App, conversationId: string, count: number): Promise<void> {
  const resolved = await resolveConversation(app, conversationId)
  if (!resolved) throw new Error("There is no such conversation.")
  const { partition, record } = resolved
  const have = (await partition.messagesHead(record.log))?.n ?? 0
  for (let from = have; from < count; from += AT_ONCE) {
    const append = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => ({
      to: "messages" as const,
      log: record.log,
      payload: {
        kind: "message" as const,
        id: `msg_${from + i}`,
        author: { type: "user" as const },
        content: { type: "text" as const, text: String(from + i) },
        source: { channel: "web" as const },
        authenticated: false,
      },
    }))
    await partition.commit({ append })
  }
}

const locked = { code: "conversation_locked" }

test("[P1] the 30,000th message is stored, the next one is refused, and a repeat is still known", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = visitor(0)
  const conversationId = await open(app, userId)
  await fillUp(app, conversationId, CONVERSATION_MESSAGES - 1)
  const last = await say(app, userId, "the last", { conversationId, localId: "last" })
  expect(last.duplicate).toBe(false)
  await expect(say(app, userId, "too many", { conversationId })).rejects.toMatchObject(locked)
  const again = await say(app, userId, "the last", { conversationId, localId: "last" })
  expect(again).toEqual({ message: last.message, duplicate: true })
})

test("[P3] two histories that together pass the bound are folded, then locked for writing", async () => {
  const app = await newApp(opened.store, "single", 1)
  const [kept, merged] = [visitor(0), visitor(0)]
  const [mine, theirs] = [await open(app, kept), await open(app, merged)]
  await fillUp(app, mine, CONVERSATION_MESSAGES / 2)
  await fillUp(app, theirs, CONVERSATION_MESSAGES / 2 + 1)
  await mergeUsers(app, { discardedId: merged, survivingId: kept, reason: "api" }, Date.now())
  expect((await resolveConversation(app, theirs))?.record.id).toBe(mine)
  await expect(say(app, kept, "too many")).rejects.toMatchObject(locked)
})

test.each([1, 2])(
  "[4.7] %i partitions: what folds leave in the log takes no room of messages",
  async (partitions) => {
    const app = await newApp(opened.store, "single", partitions)
    const kept = visitor(0)
    const conversationId = await open(app, kept)
    await say(app, kept, "first")
    const guests = range(12).map(() => visitor(partitions - 1))
    for (const guest of guests) {
      await say(app, guest, `of ${guest}`)
      await mergeUsers(app, { discardedId: guest, survivingId: kept, reason: "api" }, Date.now())
    }
    for (let going = app.compactions.get(kept); going; going = app.compactions.get(kept)) await going
    const record = (await resolveConversation(app, conversationId))?.record
    const entries = (await app.partition(0).messagesHead(conversationId))?.n ?? 0
    expect(entries).toBeGreaterThan(12)
    expect(record && foldedMessages(record)).toBe(12)
    // A fold for each guest, and one for each compaction, beside the one message.
    expect(record?.folds).toBe(entries - 1)
    // As many more as there is room for, and not one less.
    await fillUp(app, conversationId, entries + CONVERSATION_MESSAGES - 14)
    await say(app, kept, "the last")
    await expect(say(app, kept, "too many")).rejects.toMatchObject(locked)
  },
)
