/** One commit while the store's clock was a day ahead moves its own log and nothing else [S5]: not the agents' feed, not the order of tickets. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { listTickets } from "../../src/app/agents/ticket-list.ts"
import { agentPayload } from "../../src/repository/codec.ts"
import { AGENTS } from "../../src/repository/log-entries.ts"
import type { Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { startRedis } from "../store/redis-server.ts"
import { allTold } from "./desk.ts"
import { newApp, person, say, temporaryStore, visitor } from "./stage.ts"

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

async function redisStore(): Promise<{ store: Store; close(): Promise<void> }> {
  const redis = await startRedis()
  const store = await openRedis({ url: redis.url })
  return {
    store,
    async close() {
      await store.close()
      await redis.stop()
    },
  }
}

describe.each([
  ["embedded", temporaryStore],
  ["redis", redisStore],
] as const)("%s", (_, open) => {
  let opened: Awaited<ReturnType<typeof open>>
  beforeAll(async () => {
    opened = await open()
  }, 60_000)
  afterAll(() => opened.close())

  test("what follows is dated by the time it has", async () => {
    const app = await newApp(opened.store, "single", 1)
    const first = visitor(0)
    await say(app, first, "before")
    // As a commit leaves it that was made while the clock was ahead.
    const user = { id: first, authenticated: false, profile: {} }
    const event = { type: "user:update", data: { userId: first, user, reason: "profile" } } as const
    const value = agentPayload.encode({ kind: "event", subject: { userId: first }, event })
    const floor = Date.now() + DAY_MS
    await opened.store.commit(`${app.id}:0`, { append: [{ log: AGENTS, value, floor, announce: true }] })
    expect((await app.partition(0).agentsHead())?.at).toBeGreaterThanOrEqual(floor)

    const { message } = await say(app, first, "after")
    const ticketId =
      (await app.partition(0).get("conversation", message.conversationId)).value?.ticket?.id ?? ""
    await updateTicket(app, { ticketId, status: "pending" }, Date.now())
    await say(app, first, "opens it again")
    const known = await person(app, 0, "somebody")
    await say(app, known, "of another", { proven: true })
    await say(app, visitor(0), "of a third")

    const soon = Date.now() + MINUTE_MS
    const [events = []] = await allTold(app)
    for (const { at, type } of events) expect([type, at < soon]).toEqual([type, true])
    const { tickets } = await listTickets(app, {}, "ada", () => false)
    expect(tickets.map(({ lastMessage }) => lastMessage?.content)).toEqual(
      ["of a third", "of another", "opens it again"].map((text) => ({ type: "text", text })),
    )
    const received = new Map(
      events.flatMap((one) =>
        one.type === "ticket:create" || one.type === "ticket:update"
          ? [[one.data.ticketId, one.data.ticket]]
          : [],
      ),
    )
    for (const { id, lastActivityAt, updatedAt } of tickets) {
      expect([lastActivityAt < soon, updatedAt < soon]).toEqual([true, true])
      expect(received.get(id)?.lastActivityAt).toBe(lastActivityAt)
    }
  })
})
