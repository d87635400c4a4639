/** What a page of tickets costs follows from its length, not from how many tickets there are or ever were (docs/protocol.md 6). */
import { beforeAll, describe, expect, test } from "vitest"
import { countTickets, listTickets } from "../../src/app/agents/ticket-list.ts"
import { App } from "../../src/app/app.ts"
import { messageLog } from "../../src/repository/log-entries.ts"
import { counting } from "./counting.ts"
import { distant } from "./distant-store.ts"
import { fileStore } from "./file-store.ts"
import { type Queued, queue } from "./queue.ts"
import { answer, newApp, say, visitor } from "./stage.ts"

const opened = fileStore()

const PAGE = 25
const STATUSES = ["new", "open", "pending", "hold"] as const
const ASSIGNEES = ["ada", "bob", undefined]

/** Nine of ten were done long ago; the others are of every status and everybody's. */
function mostlyDone(count: number): Queued[] {
  return Array.from({ length: count }, (_, k) => {
    const assigneeId = ASSIGNEES[k % ASSIGNEES.length]
    const status = STATUSES[Math.floor(k / 10) % STATUSES.length] ?? "open"
    const done = k % 2 ? "solved" : "closed"
    return { status: k % 10 === 9 ? status : done, ...(assigneeId !== undefined && { assigneeId }) }
  })
}

const FILTERS = [
  {},
  { status: ["open"] },
  { status: ["new", "open", "pending", "hold"] },
  { status: ["solved"] },
  { assignee: "me" },
  { assignee: "none" },
  { assignee: "me", status: ["open"] },
  { assignee: "none", status: ["hold", "pending"] },
  { assignee: "bob", status: ["solved", "closed"] },
  { unread: true },
  { unread: true, assignee: "me", status: ["open"] },
  { withUnread: true },
] as const

describe.each([1, 64])("over %i partitions", (partitions) => {
  let app: App
  let counts: ReturnType<typeof counting>
  let far: ReturnType<typeof distant>
  let tickets: readonly Queued[]
  let ids: readonly string[]
  beforeAll(async () => {
    const plain = await newApp(opened.store, "single", partitions)
    tickets = mostlyDone(4_000)
    ids = await queue(plain, tickets)
    counts = counting(opened.store)
    far = distant(counts.store)
    app = new App(far.store, plain.record)
  }, 120_000)

  test.each(FILTERS)("%o: a page in a few rounds, with as much read as is shown", async (filter) => {
    far.rounds()
    counts.take()
    const { tickets: page } = await listTickets(app, asBody(filter), "ada", () => false)
    const { calls, records, entries, members } = counts.take()
    const rounds = far.rounds()
    console.log(
      `${partitions} ${JSON.stringify(filter)}: ${rounds} rounds, ${calls} calls, ${records} records`,
    )
    const unread = "unread" in filter
    const expected = ids.filter((_, k) => fits(tickets[k], filter)).toReversed()
    expect(page.map(({ id }) => id)).toEqual(expected.slice(0, PAGE))
    // Among the unread tickets another agent's are looked at, too: 300 at most.
    expect(rounds).toBeLessThanOrEqual(unread ? 10 : 5)
    expect(records).toBeLessThanOrEqual(unread ? 700 : 4 * PAGE)
    expect(entries).toBeLessThanOrEqual(PAGE)
    // Each partition is asked once for all its rankings, and again where it fills the page.
    expect(members).toBeLessThanOrEqual(2 * partitions + (unread ? 18 : 9) * PAGE)
    expect(calls).toBeLessThanOrEqual(7 * PAGE + (unread ? 4 : 1) * partitions)
  })

  test("all pages together are all tickets, each once, latest first", async () => {
    const seen: string[] = []
    for (let before: string | undefined; ; ) {
      const body = { assignee: "me", limit: 100, ...(before !== undefined && { before }) }
      const { tickets: page, next } = await listTickets(app, body, "ada", () => false)
      seen.push(...page.map(({ id }) => id))
      if (next === undefined) break
      before = next
    }
    expect(seen).toEqual(ids.filter((_, k) => fits(tickets[k], { assignee: "me" })).toReversed())
    const { counts: all } = await countTickets(app, "ada")
    const active = tickets.filter(({ status }) => status !== "solved" && status !== "closed")
    expect(all.mine).toBe(active.filter(({ assigneeId }) => assigneeId === "ada").length)
    expect(all.unassigned).toBe(active.filter(({ assigneeId }) => assigneeId === undefined).length)
  })
})

function fits(ticket: Queued | undefined, filter: (typeof FILTERS)[number] | { assignee: "me" }): boolean {
  if (!ticket) return false
  const { status, assigneeId } = ticket
  const named = "assignee" in filter ? filter.assignee : undefined
  const whose = named === "me" ? "ada" : named === "none" ? undefined : named
  const statuses: readonly string[] | undefined = "status" in filter ? filter.status : undefined
  const done = status === "solved" || status === "closed"
  return (
    !("unread" in filter && done) &&
    (named === undefined || assigneeId === whose) &&
    (statuses === undefined || statuses.includes(status))
  )
}

/** The table is read-only, and a body's lists are not. */
const asBody = (filter: (typeof FILTERS)[number]): Parameters<typeof listTickets>[1] => ({
  ...filter,
  ...("status" in filter ? { status: [...filter.status] } : { status: undefined }),
})

test("unread messages are counted only for a request that asks for it, and only up to the bound", async () => {
  const plain = await newApp(opened.store, "single", 1)
  const userId = visitor(0)
  const { message } = await say(plain, userId, "first")
  await answer(plain, message.conversationId, "an answer")
  // As sends leave them, but many in one commit.
  const append = Array.from({ length: 3_000 }, (_, k) => ({
    to: "messages" as const,
    log: message.conversationId,
    payload: {
      kind: "message" as const,
      id: `msg_${k}`,
      author: { type: "user" as const, id: userId },
      content: { type: "text" as const, text: `unread ${k}` },
      source: { channel: "web" as const },
      authenticated: false,
    },
  }))
  for (let from = 0; from < append.length; from += 100)
    await plain.partition(0).commit({ append: append.slice(from, from + 100) })
  expect(await opened.store.head(`${plain.id}:0`, messageLog(message.conversationId))).toMatchObject({
    n: 3_002,
  })
  const counts = counting(opened.store)
  const app = new App(counts.store, plain.record)
  const [bare] = (await listTickets(app, {}, "ada", () => false)).tickets
  expect(bare?.lastMessage?.content).toEqual({ type: "text", text: "unread 2999" })
  expect(counts.take().entries).toBeLessThanOrEqual(10)
  const [counted] = (await listTickets(app, { withUnread: true }, "ada", () => false)).tickets
  expect(counted?.unreadCount).toBe(100)
  expect(counts.take().entries).toBeLessThanOrEqual(110)
})
