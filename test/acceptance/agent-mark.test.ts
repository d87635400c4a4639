/** 5: the check mark of a ticket: at most 100 of a person's active tickets, those with the latest activity. */
import { expect, it } from "vitest"
import { THOROUGH } from "../thorough.ts"
import type { Console, Listed } from "./agent-console.ts"
import { expectTrueConsole, openDesk } from "./agent-desk.ts"
import { type AgentEvent, isActive, type Ticket } from "./agent-shapes.ts"
import type { Variant } from "./harness.ts"
import type { Device } from "./person-device.ts"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

const MULTI = { conversationMode: "multi" }
const MAX_BADGES = 100

/** One conversation with a ticket after another; gives back the conversations, oldest first. */
async function begin(device: Device, count: number): Promise<string[]> {
  const ids: string[] = []
  for (const n of range(count)) {
    const { conversation } = await device.ask("conversation:create", { localId: `c${n}-${device.deviceId}` })
    const content = { type: "text", text: `hello ${n}` }
    const body = { localId: `m${n}`, conversationId: conversation.id, content }
    await device.ask("message:send", body)
    ids.push(conversation.id)
    // No two in the same millisecond: which of them ranks first would not be said.
    for (const at = Date.now(); Date.now() === at; ) await new Promise(setImmediate)
  }
  return ids
}

/** 5: (1) latest message of end user or agent, then (2) latest of created and updated. */
const outranks = (a: Ticket, b: Ticket): boolean =>
  a.lastActivityAt !== b.lastActivityAt
    ? a.lastActivityAt > b.lastActivityAt
    : Math.max(a.createdAt, a.updatedAt) > Math.max(b.createdAt, b.updatedAt)

/** The person's tickets as the hub has them now, once it is checked that the right ones bear the badge. */
async function judged(console: Console, device: Device): Promise<Listed[]> {
  let mine: Listed[] = []
  // Which badges a message moved is told after it.
  const untold = async () => {
    await console.settle()
    mine = (await console.list({ limit: 100 })).filter(({ userId }) => userId === device.userId)
    return mine.filter(
      ({ id, authenticated }) => console.view.tickets.get(id)?.authenticated !== authenticated,
    )
  }
  await expect.poll(untold, { timeout: 10_000 }).toEqual([])
  const active = mine.filter(({ status }) => isActive(status))
  const bearing = active.filter(({ authenticated }) => authenticated)
  const unmarked = active.filter(({ authenticated }) => !authenticated)
  expect(bearing).toHaveLength(Math.min(MAX_BADGES, active.length))
  for (const left of unmarked) expect(bearing.filter((one) => outranks(left, one))).toEqual([])
  for (const { id, status, authenticated } of mine) {
    if (!isActive(status)) expect([id, authenticated]).toEqual([id, false])
    expect([id, console.view.tickets.get(id)?.authenticated]).toEqual([id, authenticated])
  }
  return mine
}

/** Which badges changed in these events: a ticket's id, and whether it bears the badge now. */
function moves(events: readonly AgentEvent[], before: readonly Ticket[]): [string, boolean][] {
  const badges = new Map(before.map(({ id, authenticated }) => [id, authenticated]))
  const changes: [string, boolean][] = []
  for (const event of events) {
    if (event.type !== "ticket:update") continue
    const { id, authenticated } = event.data.ticket
    if (badges.get(id) !== authenticated) changes.push([id, authenticated])
    badges.set(id, authenticated)
  }
  return changes.sort(([a], [b]) => (a < b ? -1 : 1))
}

onBoth("the check mark", (world) => {
  /** A hundred tickets and more are a long beginning: on one store, and with `THOROUGH` on both. */
  const over = (variant: Variant, title: string, tell: () => Promise<void>): void => {
    if (THOROUGH > 1 || world.variant === variant) it(title, tell)
  }

  over(
    "embedded",
    "5 105 active tickets: exactly 100 marks, the right ones, moving with activity and status",
    async () => {
      const { app, desk } = await openDesk(world, MULTI)
      const ada = await desk.console("ada", { on: 1 })
      const phone = await app.member("ann")
      const conversations = await begin(phone, 105)
      const at = (tickets: Ticket[], n: number): Ticket => {
        const found = tickets.find(({ conversationId }) => conversationId === conversations[n])
        if (!found) throw new Error(`no ticket of conversation ${n}`)
        return found
      }
      /** How the badges change when something is done. */
      const after = async (tickets: Ticket[], act: () => Promise<unknown>) => {
        const from = ada.events.length
        await act()
        const now = await judged(ada, phone)
        return { now, moved: moves(ada.events.slice(from), tickets) }
      }
      const badges = (...pairs: [Ticket, boolean][]): [string, boolean][] =>
        pairs.map(([{ id }, has]): [string, boolean] => [id, has]).sort(([a], [b]) => (a < b ? -1 : 1))

      let tickets: Ticket[] = await judged(ada, phone)
      expect(tickets).toHaveLength(105)
      expect(tickets.filter(({ authenticated }) => authenticated)).toHaveLength(MAX_BADGES)

      const [lowest] = tickets.filter(({ authenticated }) => authenticated).slice(-1)
      const [silent] = tickets.filter(({ authenticated }) => !authenticated)
      if (!lowest || !silent) throw new Error("nothing to move")
      const more = { localId: "move", conversationId: silent.conversationId }
      const first = await after(tickets, () => phone.send("activity", more))
      expect(first.moved).toEqual(badges([silent, true], [lowest, false]))
      tickets = first.now

      const quiet = tickets.filter(({ authenticated }) => !authenticated).at(-1) as Ticket
      const next = tickets.filter(({ authenticated }) => authenticated).at(-1) as Ticket
      const second = await after(tickets, () =>
        ada.say(quiet.conversationId, "an agent's message counts too"),
      )
      expect(second.moved).toEqual(badges([quiet, true], [next, false]))
      tickets = second.now

      for (const [n, status] of [
        [104, "solved"],
        [103, "closed"],
      ] as const) {
        const freed = at(tickets, n)
        const [gains] = tickets.filter((one) => isActive(one.status) && !one.authenticated)
        const { now, moved } = await after(tickets, () => ada.set(freed.id, { status }))
        expect(moved).toEqual(badges([freed, false], [gains as Ticket, true]))
        tickets = now
      }

      const solved = at(tickets, 104)
      const loses = tickets.filter(({ authenticated }) => authenticated).at(-1) as Ticket
      const reopened = await after(tickets, () =>
        phone.send("not solved", { localId: "reopen", conversationId: solved.conversationId }),
      )
      expect(reopened.moved).toEqual(badges([solved, true], [loses, false]))
      await expectTrueConsole(ada)
    },
  )

  over("redis", "5 neither notes nor bots move a mark", async () => {
    const { app, desk } = await openDesk(world, MULTI)
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann")
    await begin(phone, 101)
    const tickets = await judged(ada, phone)
    const [left] = tickets.filter(({ authenticated }) => !authenticated)
    if (!left) throw new Error("all have the mark")
    const from = ada.events.length
    await ada.note(left.conversationId, "a note")
    const author = { type: "bot", id: "bot-1", name: "Bot" }
    await app.admin().say(app.id, left.conversationId, "beep", { author })
    await ada.hears("beep")
    const now = await judged(ada, phone)
    expect(moves(ada.events.slice(from), tickets)).toEqual([])
    expect(now.find(({ id }) => id === left.id)?.lastActivityAt).toBe(left.lastActivityAt)
  })

  over(
    "embedded",
    "5 anonymous users have any number of active tickets, unmarked; a login marks 100 at once",
    async () => {
      const { app, desk } = await openDesk(world, MULTI)
      const ada = await desk.console("ada", { on: 1 })
      const web = await app.visitor()
      await begin(web, 103)
      await ada.settle()
      const mine = await ada.list({ status: ["new"] })
      expect(mine).toHaveLength(103)
      expect(mine.filter(({ authenticated, user }) => authenticated || user.authenticated)).toEqual([])
      expect((await web.login(app.token("ann"))).outcome).toBe("upgraded")
      await judged(ada, web)
      await expectTrueConsole(ada)
    },
  )

  over(
    "redis",
    "5 a merge marks and unmarks at once: 60 and 60 are 100 with the mark and 20 without",
    async () => {
      const { app, desk } = await openDesk(world, MULTI)
      const ada = await desk.console("ada", { on: 1 })
      const phone = await app.member("ann", { on: 1 })
      const web = await app.visitor()
      await begin(phone, 60)
      await begin(web, 60)
      await judged(ada, phone)
      const anonymous = web.userId
      expect((await web.login(app.token("ann"))).outcome).toBe("merged")
      const tickets = await judged(ada, phone)
      expect(tickets).toHaveLength(120)
      for (const { user } of tickets)
        expect(user).toMatchObject({ id: phone.userId, externalId: "ann", aliases: [anonymous] })
      await expectTrueConsole(ada)
    },
  )

  it("5 in single mode the mark shows at once after a login, and each person has it by himself", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const [web, other] = [await app.visitor(), await app.visitor({ on: 1 })]
    const mine = await desk.begins(ada, web)
    const theirs = await desk.begins(ada, other)
    await web.login(app.token("ann"))
    const bearing = await ada.ticket(mine.id, ({ authenticated }) => authenticated)
    expect(bearing).toMatchObject({ status: "new", userId: web.userId })
    expect((await ada.get(theirs.id)).authenticated).toBe(false)
    await web.logout()
    await web.send("somebody else now")
    const { data } = await ada.event("ticket:create", ({ userId }) => userId === web.userId)
    expect(data.ticket.authenticated).toBe(false)
    expect((await ada.get(mine.id)).authenticated).toBe(true)
    await expectTrueConsole(ada)
  })
})
