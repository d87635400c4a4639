/**
 * [P1] A device repeats as the person what it had said as a visitor, because it had no answer, and only then the visitor is
 * merged into that person: the message is in the history once, as it was acknowledged.
 */
import { describe, expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { compactHistory } from "../../src/app/compact-history.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { readingOf } from "../../src/app/reading.ts"
import { NO_MARKERS } from "../../src/domain/conversation.ts"
import { range } from "../acceptance/random.ts"
import { expectConserved, historyOf, textOf } from "./checks.ts"
import { fileStore } from "./file-store.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  MODES,
  newApp,
  open,
  person,
  say,
  signIn,
  visitor,
} from "./stage.ts"

const opened = fileStore()
const DIRECTORY = 3

/** What agents have not read, over the conversations that these ids mean. */
async function unreadByAgents(app: App, ids: readonly string[]): Promise<number> {
  const places = await Promise.all(ids.map((id) => resolveConversation(app, id)))
  const distinct = new Map(places.flatMap((place) => (place ? [[place.record.id, place]] : [])))
  const counts = await Promise.all(
    [...distinct.values()].map(async ({ partition, record }) => {
      const { value = NO_MARKERS } = await partition.get("markers", record.id)
      return (await readingOf(app, partition, record, value, "business")).unread
    }),
  )
  return counts.reduce((sum, one) => sum + one, 0)
}

const proven = { proven: true }
/** Messages: more than are read to count them at once. */
const LONG = 250

describe.each(MODES)("%s", (mode) => {
  describe.each([
    ["one partition", 0],
    ["two partitions", 1],
  ])("%s", (_, home) => {
    async function scene() {
      const app = await newApp(opened.store, mode)
      const externalId = externalIdOn(DIRECTORY)
      const survivor = await person(app, home, externalId)
      await say(app, survivor, "old", proven)
      const guest = visitor(0)
      const { message } = await say(app, guest, "before")
      await say(app, guest, "repeated")
      return { app, externalId, survivor, guest, theirs: message.conversationId }
    }

    test("[P1] [P3] a merge leaves out what the survivor has sent under the same name", async () => {
      const { app, externalId, survivor, guest, theirs } = await scene()
      await answer(app, theirs, "an answer")
      await say(app, guest, "after")
      const again = await say(app, survivor, "repeated", proven)
      expect(again.duplicate).toBe(false)
      await signIn(app, anonymous(guest), externalId)
      const history = await historyOf(app, survivor, 2)
      expectConserved(history, ["old", "before", "repeated", "an answer", "after"], false)
      expect(history.messages.map(({ id }) => id)).toContain(again.message.id)
      // The agent's answer marks what came before it as read, in the log in which it lies.
      const unread = await unreadByAgents(app, [theirs, again.message.conversationId])
      expect(unread).toBe(3)
      for (const userId of [survivor, guest]) {
        const third = await say(app, userId, "repeated", proven)
        expect(third).toMatchObject({ duplicate: true, message: { id: again.message.id } })
      }
    })

    test("[P1] [P3] two messages that a host gave one name both stay", async () => {
      const { app, externalId, survivor, guest } = await scene()
      await say(app, guest, "first", { localId: "1" })
      await say(app, survivor, "another", { ...proven, localId: "1" })
      await signIn(app, anonymous(guest), externalId)
      expectConserved(
        await historyOf(app, survivor),
        ["old", "before", "repeated", "first", "another"],
        false,
      )
    })

    test("[P1] its count and its last message are those of what is shown", async () => {
      const { app, externalId, survivor, guest, theirs } = await scene()
      const { message } = await say(app, survivor, "repeated", proven)
      await signIn(app, anonymous(guest), externalId)
      const { conversations } = await historyOf(app, survivor)
      for (const { id, lastMessage } of conversations)
        expect(lastMessage && textOf(lastMessage)).toBe(id === theirs ? "before" : "repeated")
      expect(await unreadByAgents(app, [theirs, message.conversationId])).toBe(3)
    })

    test("[P1] so is its count in a long history that was counted before", async () => {
      const { app, externalId, survivor, guest, theirs } = await scene()
      for (const k of range(LONG)) await say(app, guest, `word ${k}`)
      await say(app, guest, "the last")
      expect(await unreadByAgents(app, [theirs])).toBe(LONG + 3)
      const { message } = await say(app, survivor, "the last", proven)
      await signIn(app, anonymous(guest), externalId)
      expect(await unreadByAgents(app, [theirs, message.conversationId])).toBe(LONG + 4)
    })

    test("[P1] [P3] of a crowd of visitors who all said the same it is kept once", async () => {
      const { app, survivor } = await scene()
      const crowd = range(6).map(() => visitor(0))
      for (const [k, userId] of crowd.entries()) {
        // The first one is merged alone, and the others together.
        if (k > 0) await say(app, userId, "the same")
        await say(app, userId, `guest ${k}`)
      }
      await Promise.all(
        crowd.map((discardedId) =>
          mergeUsers(app, { discardedId, survivingId: survivor, reason: "api" }, Date.now()),
        ),
      )
      const own = crowd.map((_, k) => `guest ${k}`)
      expectConserved(await historyOf(app, survivor), ["old", "the same", ...own], false)
    })

    test("[P1] [P3] of two visitors who said the same, and come together, one is left out", async () => {
      const { app, survivor, guest } = await scene()
      const other = visitor(0)
      await say(app, other, "repeated")
      await say(app, other, "other")
      const merges = [guest, other, visitor(0)].map((discardedId) =>
        mergeUsers(app, { discardedId, survivingId: survivor, reason: "api" }, Date.now()),
      )
      await Promise.allSettled(merges)
      expectConserved(await historyOf(app, survivor), ["old", "before", "repeated", "other"], false)
    })

    test("[P1] [P3] it stays left out when histories are compacted", async () => {
      const { app, externalId, survivor, guest } = await scene()
      const { message } = await say(app, survivor, "repeated", proven)
      const said = ["old", "before", "repeated"]
      for (const k of range(9)) {
        const another = k === 0 ? guest : visitor(0)
        if (k > 0) said.push(textOf((await say(app, another, `guest ${k}`)).message))
        await signIn(app, anonymous(another), externalId)
      }
      await compactHistory(app, message.conversationId)
      expectConserved(await historyOf(app, survivor), said, false)
    })
  })
})

test.each([0, 1])("[P1] [P3] it is left out of a merge in steps, into partition %i", async (home) => {
  const app = await newApp(opened.store, "multi")
  const externalId = externalIdOn(DIRECTORY)
  const survivor = await person(app, home, externalId)
  await say(app, survivor, "old", proven)
  const guest = visitor(0)
  const said = ["old"]
  for (const k of range(60)) {
    await say(app, guest, `room ${k}`, { conversationId: await open(app, guest) })
    said.push(`room ${k}`)
  }
  for (const k of [3, 57]) await say(app, survivor, `room ${k}`, proven)
  await signIn(app, anonymous(guest), externalId)
  expectConserved(await historyOf(app, survivor, 50), said, false)
})
