/** The laws of docs/architecture.md 1 and 9, asked after whatever happened: the hub against a bookkeeper who knows no rule. */
import { expect } from "vitest"
import { getTicket } from "../../src/app/agents/agent-tickets.ts"
import type { App } from "../../src/app/app.ts"
import { allConversations, resolveConversation } from "../../src/app/conversation-lookup.ts"
import { resolveTicket } from "../../src/app/load-badges.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { showConversation } from "../../src/app/show-conversations.ts"
import { snapshot } from "../../src/app/snapshot.ts"
import { eventsAfter } from "../../src/app/user-feed.ts"
import { applyEvent, applyState } from "../../src/client/user-view.ts"
import type { View } from "../../src/client/view-model.ts"
import type { ConversationRecord } from "../../src/domain/records.ts"
import { activeMember, isActive } from "../../src/domain/ticket.ts"
import type { State } from "../../src/protocol/handshake.ts"
import { ticketStatus } from "../../src/protocol/model.ts"
import { ReadSet } from "../../src/repository/read-set.ts"
import { expectAliases, expectDenseFeed, expectOwnWords, historyOf, textOf } from "./checks.ts"
import { Desk, toldFromTheBeginning } from "./desk.ts"
import type { Ledger } from "./ledger.ts"
import { actorOf } from "./stage.ts"

export interface Played {
  readonly app: App
  readonly ledger: Ledger
  /** What devices saw on the way, by user: the first state each was given. */
  readonly views: readonly View[]
}

const ALL = 10_000

/** [P1] [P3] Acknowledged messages are there, each once, where and as they were acknowledged. */
export async function conserved({ app, ledger }: Played): Promise<void> {
  for (const person of ledger.persons) {
    const history = await historyOf(app, person)
    const lines = ledger.linesOf(person).filter(({ internal }) => !internal)
    expect(history.messages.map(({ id, position }) => `${id} ${position}`)).toEqual(
      lines.map(({ id, position }) => `${id} ${position}`),
    )
    expect(history.messages.map(textOf)).toEqual(lines.map(({ text }) => text))
    for (const { id, conversationId } of history.messages) {
      const line = lines.find((one) => one.id === id)
      expect(ledger.sameRoom(conversationId, line?.conversationId ?? "")).toBe(true)
    }
    await expectOwnWords(app, history, person)
  }
}

/** [P3] Unread counts of both sides are what counting anew gives. */
export async function counted({ app, ledger }: Played): Promise<void> {
  for (const id of ledger.roomIds()) {
    const resolved = await resolveConversation(app, id)
    if (!resolved) throw new Error(`[P5] ${id} is lost.`)
    for (const side of ["user", "business"] as const) {
      const { unreadCount } = await showConversation(app, resolved, 1, side)
      expect(unreadCount, `unread of ${side}`).toBe(ledger.unread(id, side))
    }
  }
}

/** [P5] Every id of a user, a conversation, a ticket leads to what it means today. */
export async function named({ app, ledger }: Played): Promise<void> {
  for (const person of ledger.persons) {
    const there = await resolveUser(app, person)
    const ids = [...ledger.users].filter((id) => ledger.person(id) === person)
    if (there) await expectAliases(app, ids, person)
    const rooms = new Map<string, string[]>()
    for (const id of ledger.roomIds(person)) {
      const record = (await resolveConversation(app, id))?.record
      expect(record?.userId).toBe(person)
      rooms.set(record?.id ?? "", [...(rooms.get(record?.id ?? "") ?? []), id])
    }
    for (const [room, aliases] of rooms)
      for (const id of aliases) expect(ledger.sameRoom(id, room)).toBe(true)
    if (there) expect((await allConversations(there.partition, person)).length).toBe(rooms.size)
  }
  for (const id of ledger.tickets) {
    const { ticket } = await getTicket(app, { ticketId: id }, () => false)
    expect(ticket.userId).toBe((await resolveTicket(app, id))?.record.userId)
  }
}

const ticketsOf = ({ ticket, previousTickets = [] }: ConversationRecord) =>
  ticket ? [ticket, ...previousTickets] : previousTickets

/** [P3] No ticket is lost; one is active per conversation; rankings and numbers say what the records say. */
export async function filed({ app, ledger }: Played): Promise<void> {
  const found = new Map<string, string>()
  for (const person of ledger.persons) {
    const there = await resolveUser(app, person)
    const records = there ? (await allConversations(there.partition, person)).map(({ record }) => record) : []
    const active = records.flatMap((record) => {
      const own = ticketsOf(record)
      for (const { id, status } of own) found.set(id, status)
      expect(own.filter(isActive).length).toBeLessThanOrEqual(1)
      return own.filter(isActive)
    })
    expect(there?.record.activeTickets ?? 0).toBe(active.length)
    const ranking = there ? await there.partition.rank("active", person, { limit: ALL }) : []
    expect(ranking.map(({ member }) => member).sort()).toEqual(active.map(activeMember).sort())
  }
  expect([...found.keys()].sort()).toEqual([...ledger.tickets].sort())
  for (const status of ticketStatus.options) {
    const ranked = await Promise.all(
      app.partitions.map((partition) => partition.rank("status", status, { limit: ALL })),
    )
    const expected = [...found].filter(([, its]) => its === status).map(([id]) => id)
    expect(
      ranked
        .flat()
        .map(({ member }) => member)
        .sort(),
      status,
    ).toEqual(expected.sort())
  }
}

/** [P4] Notes are nowhere in what an end user can get; anonymous sessions open no user who signed in. */
export async function hidden({ app, ledger }: Played): Promise<void> {
  for (const person of ledger.persons) {
    const partition = app.homePartition(person)
    if (!partition) throw new Error("Nobody.")
    const { situation } = await snapshot(app, partition, person)
    const events = await eventsAfter(app, partition, person, `${person}~0~0~`)
    const got = JSON.stringify([situation, events, await historyOf(app, person)])
    for (const note of ledger.notes) expect(got).not.toContain(JSON.stringify(note))
  }
  for (const id of ledger.users) {
    const loaded = actorOf(app, id, { proven: false }).load(new ReadSet())
    if (ledger.identified.has(ledger.person(id)))
      await expect(loaded).rejects.toMatchObject({ code: "session_consumed" })
    else expect((await loaded).id).toBe(ledger.person(id))
  }
}

/** [P2] Feeds are dense; a view that applied every event equals a state fetched now. */
export async function followed({ app, ledger, views }: Played): Promise<void> {
  for (const id of ledger.users) await expectDenseFeed(app, id)
  for (const view of views) {
    const { id } = view.user
    // A merged user's devices were told so, and began anew with the survivor's state.
    if (ledger.person(id) !== id) continue
    const received = await eventsAfter(app, app.homePartition(id) ?? app.partition(0), id, view.cursor)
    const applied = received?.events.reduce(applyEvent, view)
    expect(applied && comparable(applied)).toEqual(comparable(await viewOf(app, id)))
  }
}

/** The tickets a console knows from the events alone are those it would fetch. */
export async function watched({ app, ledger }: Played): Promise<void> {
  const desk = new Desk()
  const events = await toldFromTheBeginning(app)
  for (const event of events) desk.apply(event)
  for (const { index } of app.partitions) {
    const offsets = events.filter((event) => event.partition === index).map(({ offset }) => offset)
    expect(offsets).toEqual(offsets.map((_, index) => index + 1))
  }
  expect([...desk.tickets.keys()].sort()).toEqual([...ledger.tickets].sort())
  for (const id of ledger.tickets) {
    const { ticket } = await getTicket(app, { ticketId: id }, () => false)
    const known = desk.tickets.get(ticket.id)
    expect({ ...known, lastActivityAt: 0 }).toEqual({ ...ticket, lastActivityAt: 0 })
    const bearing = isActive(ticket) && ledger.identified.has(ledger.person(ticket.userId))
    expect(ticket.authenticated, "up to 100 all are marked").toBe(bearing)
  }
}

export async function viewOf(app: App, userId: string): Promise<View> {
  const { situation } = await snapshot(app, app.homePartition(userId) ?? app.partition(0), userId)
  const device = { id: "device", channel: "web" } as const
  return applyState(undefined, { ...situation, reason: "connect", device } satisfies State)
}

/** What a device shows; where it stands in the feed and how it counts on from there is its own affair. */
const comparable = ({ user, cursor, conversations }: View) => ({
  user,
  cursor,
  conversations: conversations.map(({ readTo, countedTo: _, ...shown }) => ({
    ...shown,
    // How far an internal note says that the business has read is told with the next state.
    readTo: readTo.user,
  })),
})
