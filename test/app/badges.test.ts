/** The green check mark (docs/protocol.md 5): of very many active tickets the 100 that rank first bear it, under any race. */
import { expect, test } from "vitest"
import { showTicket } from "../../src/app/agents/agent-views.ts"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { allConversations } from "../../src/app/conversation-lookup.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import type { Ticket } from "../../src/protocol/model.ts"
import { ref } from "../../src/repository/partition.ts"
import { type Chance, range, seeded } from "../acceptance/random.ts"
import { THOROUGH } from "../thorough.ts"
import { jittered, turns } from "./chance.ts"
import { type Counts, counting } from "./counting.ts"
import { allTold, Desk, inTime } from "./desk.ts"
import { fileStore } from "./file-store.ts"
import { anonymous, answer, externalIdOn, newApp, open, person, say, signIn, visitor } from "./stage.ts"

const opened = fileStore()

const BADGES = 100
const DEADLINE_MS = 120_000

/** So many conversations with a ticket each, the earliest first. */
async function tickets(app: App, userId: string, count: number, proven: boolean): Promise<string[]> {
  const rooms: string[] = []
  for (const k of range(count)) {
    const conversationId = await open(app, userId, { proven })
    await say(app, userId, `${conversationId} ${k}`, { proven, conversationId })
    rooms.push(conversationId)
  }
  return rooms
}

/** All of them, as they are fetched one by one. */
async function ticketsOf(app: App, userId: string): Promise<Ticket[]> {
  const person = await resolveUser(app, userId)
  const resolved = person ? await allConversations(person.partition, userId) : []
  return Promise.all(
    resolved.flatMap((resolved) => {
      const { ticket } = resolved.record
      return ticket ? [showTicket(app, { ...resolved, ticket })] : []
    }),
  )
}

const newest = (a: number, b: number): number => b - a

/**
 * Counted without any ranking: by latest activity, then by the later of created and updated.
 *
 * @param nodes what they tell afterwards is told by now
 */
async function expectRightBadges(app: App, userId: string, ...nodes: readonly App[]): Promise<void> {
  for (const node of [app, ...nodes]) await node.background.idle()
  const tickets = await ticketsOf(app, userId)
  const active = tickets.filter(({ status }) => status !== "solved" && status !== "closed")
  const first = active
    .toSorted(
      (a, b) =>
        newest(a.lastActivityAt, b.lastActivityAt) ||
        newest(Math.max(a.createdAt, a.updatedAt), Math.max(b.createdAt, b.updatedAt)),
    )
    .slice(0, BADGES)
  const right = first.map(({ id }) => id).sort()
  const fetched = tickets.filter(({ authenticated }) => authenticated).map(({ id }) => id)
  expect(fetched.sort(), "fetched").toEqual(right)
  const desk = new Desk()
  for (const event of inTime((await allTold(app)).flat())) desk.apply(event)
  const received = [...desk.tickets.values()].filter(
    (ticket) => ticket.userId === userId && ticket.authenticated,
  )
  expect(received.map(({ id }) => id).sort(), "told").toEqual(right)
}

async function whale(count: number): Promise<{ app: App; userId: string; rooms: string[] }> {
  const app = await newApp(opened.store, "multi", 1)
  const userId = await person(app, 0, "whale")
  return { app, userId, rooms: await tickets(app, userId, count, true) }
}

test.each([105, 205])(
  "of %i active tickets the latest 100 bear the badge, and activity moves it",
  async (count) => {
    const { app, userId, rooms } = await whale(count)
    await expectRightBadges(app, userId)
    const [first = "", second = "", third = ""] = rooms
    await say(app, userId, "again", { proven: true, conversationId: first })
    await answer(app, second, "an agent's answer counts too")
    await expectRightBadges(app, userId)
    const all = await ticketsOf(app, userId)
    const bears = (room: string) => all.find((ticket) => ticket.conversationId === room)?.authenticated
    expect([bears(first), bears(second), bears(third)]).toEqual([true, true, false])
  },
  DEADLINE_MS,
)

async function jitteredWhale(chance: Chance, count: number, proven: boolean) {
  const plain = await newApp(opened.store, "multi", 2)
  const userId = proven ? await person(plain, 0, "whale") : visitor(0)
  const rooms = await tickets(plain, userId, count, proven)
  const app = await new Apps(jittered(opened.store, chance)).get(plain.id)
  return { plain, app, userId, rooms }
}

const ROUNDS = range(THOROUGH)

test.each(ROUNDS)("races for the last place end with the right 100, told as they are (%i)", async (seed) => {
  const chance = seeded(seed)
  const { plain, app, userId, rooms } = await jitteredWhale(chance, 105, true)
  for (const round of range(6)) {
    // The last ones with a badge and all without one, at once.
    const all = await ticketsOf(plain, userId)
    const near = all
      .toSorted((a, b) => newest(a.lastActivityAt, b.lastActivityAt))
      .slice(BADGES - 4)
      .map(({ conversationId }) => conversationId)
    await Promise.all(
      near.map(async (conversationId) => {
        await turns(chance.below(30))
        const text = `${conversationId} round ${round}`
        if (chance.below(2)) await answer(app, conversationId, text)
        else await say(app, userId, text, { proven: true, conversationId })
      }),
    )
    await expectRightBadges(plain, userId, app)
  }
  expect(rooms).toHaveLength(105)
})

test.each(ROUNDS)("activity that races an upgrade: told are the 100 of that moment (%i)", async (seed) => {
  const chance = seeded(seed)
  const { plain, app, userId, rooms } = await jitteredWhale(chance, 105, false)
  await Promise.all([
    ...rooms.slice(0, 5).map(async (conversationId) => {
      await turns(chance.below(25))
      await answer(app, conversationId, `${conversationId} meanwhile`)
    }),
    turns(chance.below(8)).then(() => signIn(app, anonymous(userId), "somebody")),
  ])
  await expectRightBadges(plain, userId, app)
})

test.each(range(2 * THOROUGH))(
  "activity that races a merge: told are the 100 of that moment (%i)",
  async (seed) => {
    const chance = seeded(seed)
    const { plain, app, userId, rooms } = await jitteredWhale(chance, 98, true)
    const guest = visitor(seed % 2)
    await tickets(plain, guest, 8, false)
    await Promise.all([
      ...rooms.slice(0, 5).map(async (conversationId) => {
        await turns(chance.below(25))
        await answer(app, conversationId, `${conversationId} meanwhile`)
      }),
      turns(chance.below(8)).then(() =>
        mergeUsers(app, { discardedId: guest, survivingId: userId, reason: "api" }, Date.now()),
      ),
    ])
    await expectRightBadges(plain, userId, app)
  },
)

test(
  "[P2] work per message does not grow with the number of tickets, and no message writes its user's record",
  async () => {
    const { store, take } = counting(opened.store)
    const plain = await newApp(opened.store, "multi", 1)
    const userId = await person(plain, 0, externalIdOn(0, "whale", 1))
    const app = await new Apps(store).get(plain.id)
    const rooms: string[] = []
    const measured = new Map<number, { sends: Counts; afterwards: Counts }>()
    for (const count of [50, 150, 450]) {
      rooms.push(...(await tickets(plain, userId, count - rooms.length, true)))
      await plain.background.idle()
      const before = await plain.partition(0).get("user", userId)
      const seen = rooms.slice(0, 50).map((id) => ref("conversation", id))
      await app.partition(0).load(ref("user", userId), ...seen)
      take()
      // Fifty devices at once, and where there are more tickets than badges every message moves the border.
      await Promise.all(
        rooms.slice(0, 50).map((conversationId, k) => {
          const voice = { proven: true, conversationId, device: `device ${k}` }
          return say(app, userId, `measured ${count} ${k}`, voice)
        }),
      )
      const sends = take()
      await app.background.idle()
      measured.set(count, { sends, afterwards: take() })
      const after = await plain.partition(0).get("user", userId)
      expect(after.version).toBe(before.version)
    }
    for (const [count, work] of measured) console.log(count, JSON.stringify(work))
    // One commit each; a comparison may have begun beside them.
    for (const { sends } of measured.values()) {
      expect(sends.calls).toBeLessThanOrEqual(50 + 6)
      expect(sends.records).toBeLessThanOrEqual(60)
    }
    expect(measured.get(50)).toMatchObject({ afterwards: { calls: 0 } })
    // One comparison for many messages: two or three in all, and the last activity of each ticket that lost its badge.
    const { calls = 0, members = 0 } = measured.get(450)?.afterwards ?? {}
    expect(calls).toBeLessThanOrEqual(150)
    expect(members).toBeLessThanOrEqual(1_000)
  },
  DEADLINE_MS,
)
