/** 5: the life of a ticket, as one complete table: every status, met by everything that can happen. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { expectTrueConsole, openDesk } from "./agent-desk.ts"
import { STATUSES, type Status, type Ticket } from "./agent-shapes.ts"
import type { Device } from "./person-device.ts"
import { inParallel, range } from "./random.ts"
import { type App, onBoth } from "./world.ts"

interface Scene {
  app: App
  console: Console
  device: Device
  ticket: Ticket
}

const HAPPENINGS = {
  "user message": async ({ device }: Scene) => {
    await device.send("more")
  },
  "agent reply": async ({ console, ticket }: Scene) => {
    await console.say(ticket.conversationId, "reply")
  },
  "internal note": async ({ console, ticket }: Scene) => {
    await console.note(ticket.conversationId, "note")
  },
  "bot message": async ({ app, ticket }: Scene) => {
    const author = { type: "bot", id: "bot-1", name: "Bot" }
    await app.admin().say(app.id, ticket.conversationId, "beep", { author })
  },
  assignment: async ({ console, ticket }: Scene) => {
    // Whether a closed ticket can still be assigned is not specified; that it stays closed is.
    await console.raw("ticket:update", { ticketId: ticket.id, assigneeId: "bob" })
  },
}
type Happening = keyof typeof HAPPENINGS

const TABLE: Record<Status, Record<Happening, Status>> = {
  new: row("new", { "agent reply": "open", assignment: "open" }),
  open: row("open"),
  pending: row("pending", { "user message": "open" }),
  hold: row("hold", { "user message": "open" }),
  solved: row("solved", { "user message": "open" }),
  closed: row("closed"),
}

function row(stays: Status, changes: Partial<Record<Happening, Status>> = {}): Record<Happening, Status> {
  const same = Object.fromEntries(Object.keys(HAPPENINGS).map((name) => [name, stays]))
  return { ...same, ...changes } as Record<Happening, Status>
}

/** What an end user is shown of it. */
const shown = (status: Status): string => (status === "solved" || status === "closed" ? status : "open")

async function ticketIn(app: App, console: Console, status: Status, on: number): Promise<Scene> {
  const device = await app.visitor({ on })
  const { message } = await device.send("hello")
  const ticket = await console.begun(message.conversationId)
  if (status !== "new") await console.set(ticket.id, { status })
  return { app, console, device, ticket }
}

onBoth("the life of a ticket", (world) => {
  it("5 the complete table: every status and everything that can happen to it", async () => {
    const { app, desk } = await openDesk(world)
    const console = await desk.console("ada", { on: 1 })
    const cells = STATUSES.flatMap((status) =>
      (Object.keys(HAPPENINGS) as Happening[]).map((happening) => ({ status, happening })),
    )
    const found: string[] = []
    await inParallel(cells, 6, async ({ status, happening }) => {
      const scene = await ticketIn(app, console, status, happening.length)
      await HAPPENINGS[happening](scene)
      const { ticket, conversation } = await console.ask("ticket:get", { ticketId: scene.ticket.id })
      found.push(`${status} + ${happening} = ${ticket.status}`)
      if (status !== "closed") expect(conversation.status).toBe(shown(ticket.status))
      await console.ticket(ticket.id, (received) => received.status === ticket.status)
    })
    const expected = cells.map(
      ({ status, happening }) => `${status} + ${happening} = ${TABLE[status][happening]}`,
    )
    expect(found.sort()).toEqual(expected.sort())
    await expectTrueConsole(console)
  })

  it("5 every status that can be set, from every status; never new, and closed is final", async () => {
    const { app, desk } = await openDesk(world)
    const console = await desk.console()
    const pairs = STATUSES.flatMap((from) => STATUSES.map((to) => ({ from, to })))
    await inParallel(pairs, 6, async ({ from, to }) => {
      const { ticket, device } = await ticketIn(app, console, from, 1)
      const update = { ticketId: ticket.id, status: to }
      if (to === "new")
        expect(["bad_request", "conflict"]).toContain(await console.code("ticket:update", update))
      else if (from === "closed" && to !== "closed")
        expect(["conflict", "bad_request", "forbidden"]).toContain(
          await console.code("ticket:update", update),
        )
      else if (from !== "closed") expect((await console.set(ticket.id, { status: to })).status).toBe(to)
      const now = to === "new" || from === "closed" ? from : to
      expect([from, to, (await console.get(ticket.id)).status]).toEqual([from, to, now])
      if (from !== to) await console.ticket(ticket.id, ({ status }) => status === now)
      const received = (await device.fetch())[0]
      expect(received?.status).toBe(shown(now))
    })
    await expectTrueConsole(console)
  })

  it("5 after closed the user's next message makes a new ticket on the same conversation", async () => {
    const { app, desk } = await openDesk(world)
    const console = await desk.console("ada", { on: 1 })
    const { device, ticket } = await ticketIn(app, console, "closed", 0)
    const from = console.events.length
    await device.send("again")
    const second = await console.begun(ticket.conversationId, from)
    expect(second).toMatchObject({ status: "new", userId: ticket.userId })
    expect(second.id).not.toBe(ticket.id)
    expect(await console.get(ticket.id)).toMatchObject({ status: "closed" })
    expect((await console.get(ticket.id)).mergedInto).toBeUndefined()
    const { tickets } = await console.ask("user:get", { userId: ticket.userId })
    expect(tickets.map(({ id }) => id).sort()).toEqual([ticket.id, second.id].sort())
    const received = await console.event("conversation:message", ({ ticketId }) => ticketId === second.id)
    expect(received.data.conversationId).toBe(ticket.conversationId)
    await expectTrueConsole(console)
  })

  it("5 at most one active ticket, however many begin at once", async () => {
    const { app, desk } = await openDesk(world)
    const console = await desk.console("ada", { on: 1 })
    const devices = [await app.member("ann"), await app.member("ann", { on: 1 })]
    const burst = async (name: string) =>
      await Promise.all(range(10).map((n) => devices[n % 2]?.send(`${name} ${n}`)))
    await burst("first")
    await console.settle()
    const [ticket, ...others] = console.view.active()
    expect(others).toEqual([])
    await console.set(ticket?.id ?? "", { status: "closed" })
    await burst("second")
    await expectTrueConsole(console)
    expect(console.events.filter(({ type }) => type === "ticket:create")).toHaveLength(2)
    await console.set(console.view.active()[0]?.id ?? "", { status: "solved" })
    await burst("third")
    await expectTrueConsole(console)
    expect(console.view.active().map(({ status }) => status)).toEqual(["open"])
    expect(console.events.filter(({ type }) => type === "ticket:create")).toHaveLength(2)
  })

  it("5 closing and writing at the same time end in one active ticket or none, and lose no message", async () => {
    const { app, desk } = await openDesk(world)
    const console = await desk.console("ada", { on: 1 })
    const { device, ticket } = await ticketIn(app, console, "open", 0)
    for (const n of range(10)) {
      await console.settle()
      const active = console.view.active().find(({ userId }) => userId === ticket.userId)
      const close = active ? console.set(active.id, { status: "closed" }) : Promise.resolve()
      await Promise.all([device.send(`${n}`), close])
    }
    await device.send("the last")
    await expectTrueConsole(console)
    expect(console.view.active()).toHaveLength(1)
    expect(await console.history(ticket.conversationId)).toHaveLength(12)
  })

  it("3.3 the user is told when their conversation is solved, and when it is open again", async () => {
    const { app, desk } = await openDesk(world)
    const console = await desk.console("ada", { on: 1 })
    const { device, ticket } = await ticketIn(app, console, "new", 0)
    const status = (): string | undefined => device.view.conversation(ticket.conversationId)?.status
    await console.set(ticket.id, { status: "hold" })
    await console.set(ticket.id, { status: "solved" })
    await device.until("solved", () => status() === "solved")
    await device.send("not yet")
    await device.until("open again", () => status() === "open")
    await console.set(ticket.id, { status: "closed" })
    await device.until("closed", () => status() === "closed")
    await device.send("something else")
    await device.until("open once more", () => status() === "open")
    expect(JSON.stringify(device.frames)).not.toContain(ticket.id)
  })
})
