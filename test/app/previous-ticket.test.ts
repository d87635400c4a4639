/** A solved ticket whose conversation has another one by now: it is history, and changing it touches no other ticket. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { getTicket, updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { joinConversations } from "../../src/app/agents/join-conversations.ts"
import type { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { newApp, open, say, temporaryStore, visitor } from "./stage.ts"

let opened: Awaited<ReturnType<typeof temporaryStore>>
beforeAll(async () => {
  opened = await temporaryStore()
})
afterAll(() => opened.close())

const fetched = async (app: App, ticketId: string) => (await getTicket(app, { ticketId }, () => false)).ticket

async function scene(): Promise<{ app: App; solved: string; current: string }> {
  const app = await newApp(opened.store, "multi", 1)
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
  return { app, solved: solved.id, current: current.id }
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
