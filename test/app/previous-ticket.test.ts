/** A solved ticket whose conversation has another one by now: it is history, and changing it touches no other ticket. */
import { expect, test } from "vitest"
import { getTicket, updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { joinConversations } from "../../src/app/agents/join-conversations.ts"
import { listTickets } from "../../src/app/agents/ticket-list.ts"
import type { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { resolveTicket } from "../../src/app/load-badges.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { fileStore } from "./file-store.ts"
import { newApp, open, say, visitor } from "./stage.ts"

const opened = fileStore()

const fetched = async (app: App, ticketId: string) => (await getTicket(app, { ticketId }, () => false)).ticket

async function scene(partitions = 1) {
  const app = await newApp(opened.store, "multi", partitions)
  const userId = visitor(0)
  const ticketIn = async (text: string) => {
    const conversationId = await open(app, userId)
    await say(app, userId, text, { conversationId })
    return { conversationId, id: (await resolveConversation(app, conversationId))?.record.ticket?.id ?? "" }
  }
  const [current, solved] = [await ticketIn("one"), await ticketIn("two")]
  await updateTicket(app, { ticketId: solved.id, status: "solved" }, Date.now())
  const joint = { survivingId: current.conversationId, discardedId: solved.conversationId }
  await joinConversations(app, joint, Date.now())
  return { app, userId, solved: solved.id, current: current.id }
}

test("it cannot be made active again beside the present one", async () => {
  const { app, solved, current } = await scene()
  const again = updateTicket(app, { ticketId: solved, status: "open" }, Date.now())
  await expect(again).rejects.toMatchObject({ code: "conflict" })
  expect([(await fetched(app, solved)).status, (await fetched(app, current)).status]).toEqual([
    "solved",
    "new",
  ])
})

test("it can be closed and assigned, and the present one stays what it is", async () => {
  const { app, solved, current } = await scene()
  await updateTicket(app, { ticketId: solved, status: "closed", assigneeId: "ann" }, Date.now())
  expect(await fetched(app, solved)).toMatchObject({ status: "closed", assigneeId: "ann" })
  expect(await fetched(app, current)).toMatchObject({ status: "new" })
  const [ranked] = await Promise.all([app.partition(0).rank("status", "closed", { limit: 9 })])
  expect(ranked.map(({ member }) => member)).toEqual([solved])
})

test("[P3] it goes along to another partition, and is in no list twice when it is changed there", async () => {
  const { app, userId, solved, current } = await scene(2)
  const survivingId = visitor(1)
  await say(app, survivingId, "three")
  await mergeUsers(app, { discardedId: userId, survivingId, reason: "api" }, Date.now())
  const inLists = async () =>
    (await listTickets(app, { assignee: "none" }, "ann", () => false)).tickets.map(({ id }) => id)
  expect((await inLists()).filter((id) => id !== solved && id !== current)).toHaveLength(1)
  expect((await inLists()).filter((id) => id === solved)).toEqual([solved])
  await updateTicket(app, { ticketId: solved, assigneeId: "ann" }, Date.now())
  expect(await inLists()).not.toContain(solved)
  const { tickets } = await listTickets(app, {}, "ann", () => false)
  expect(tickets.map(({ id }) => id).filter((id) => id === solved)).toEqual([solved])
})

test("a conversation that had very many tickets costs a send what it cost with ten, and each of them is found [P5]", async () => {
  const app = await newApp(opened.store, "single", 1)
  const userId = visitor(0)
  const ids: string[] = []
  const bytes: number[] = []
  let conversationId = ""
  for (let k = 0; k < 60; k += 1) {
    const { message } = await say(app, userId, `matter ${k}`)
    conversationId = message.conversationId
    const ticket = (await app.partition(0).get("conversation", conversationId)).value?.ticket
    ids.push(ticket?.id ?? "")
    await updateTicket(app, { ticketId: ticket?.id ?? "", status: "closed" }, Date.now())
    const [stored] = await opened.store.load(`${app.id}:0`, [`c:${conversationId}`])
    bytes.push(stored?.value?.length ?? 0)
  }
  expect(new Set(ids).size).toBe(60)
  expect(bytes.at(-1)).toBeLessThanOrEqual((bytes[14] ?? 0) + 16)
  for (const id of ids) {
    const found = await resolveTicket(app, id)
    expect(found).toMatchObject({ ticket: { id, status: "closed" }, record: { id: conversationId } })
  }
  const { tickets } = await listTickets(app, { status: ["closed"], limit: 100 }, "ada", () => false)
  expect(tickets.map(({ id }) => id)).toEqual(ids.toReversed())
  for (const [k, { lastActivityAt }] of tickets.entries())
    expect(lastActivityAt).toBeGreaterThan(tickets[k + 1]?.lastActivityAt ?? 0)
})

test("[P5] closed tickets are found wherever their conversation went, also over two merges", async () => {
  const app = await newApp(opened.store, "multi")
  let writer = visitor(1)
  const ids: string[] = []
  const rounds = async (voice: object) => {
    for (let k = 0; k < 12; k += 1) {
      const { message } = await say(app, writer, `matter ${ids.length}`, voice)
      const place = await resolveConversation(app, message.conversationId)
      const id = place?.record.ticket?.id ?? ""
      ids.push(id)
      await updateTicket(app, { ticketId: id, status: "closed" }, Date.now())
    }
  }
  await rounds({})
  for (const home of [2, 3]) {
    const survivingId = visitor(home)
    await say(app, survivingId, `survivor ${home}`)
    await mergeUsers(app, { discardedId: writer, survivingId, reason: "api" }, Date.now())
    writer = survivingId
    await rounds({ conversationId: (await resolveTicket(app, ids[0] ?? ""))?.record.id })
  }
  for (const id of ids) expect((await resolveTicket(app, id))?.ticket).toMatchObject({ id, status: "closed" })
})
