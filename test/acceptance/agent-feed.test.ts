/** 6: every stored change of the app reaches every console, once, in one order; and a console that was away comes back. */
import { expect, it } from "vitest"
import { expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import type { AgentEvent, Partition } from "./agent-shapes.ts"
import { inParallel, range } from "./random.ts"
import { canonical, onBoth } from "./world.ts"

/** The feed as one console heard it: the events of each partition, in the order of arrival. */
function byPartition(events: readonly AgentEvent[]): Map<Partition, string[]> {
  const all = new Map<Partition, string[]>()
  for (const { partition, offset, type, at, data } of events) {
    const received = all.get(partition) ?? []
    received.push(canonical({ offset, type, at, data }))
    all.set(partition, received)
  }
  return all
}

onBoth("the agents' feed", (world) => {
  it("6 every stored change is one event, with the user, the conversation and the ticket it is about", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const ticket = await desk.begins(ada, web, "question")
    const { userId, conversationId, id: ticketId } = ticket
    expect(ticket).toMatchObject({
      ...{ conversationId: web.conversationId, userId: web.userId },
      ...{ status: "new", authenticated: false },
    })
    expect(ticket.assigneeId).toBeUndefined()
    const born = await ada.event("conversation:create")
    expect(born.data).toMatchObject({ userId, conversationId, conversation: { id: conversationId } })
    const received = await ada.event("conversation:message")
    expect(received.data).toMatchObject({
      userId,
      conversationId,
      ticketId,
      message: { authenticated: false },
    })

    const { message: answer } = await ada.say(conversationId, "answer")
    const replied = await ada.event("conversation:message", ({ message }) => message.author.type === "agent")
    expect(replied.data).toMatchObject({ userId, conversationId, ticketId, message: answer })
    const opened = await ada.event("ticket:update", ({ ticket }) => ticket.status === "open")
    expect(opened.data).toMatchObject({ userId, conversationId, ticketId })

    await web.hears("answer")
    await web.ask("conversation:read", { conversationId, position: answer.position })
    const read = await ada.event("conversation:read", ({ reader }) => reader === "user")
    expect(read.data).toMatchObject({ userId, conversationId, position: answer.position, unreadCount: 0 })

    await web.ask("profile:update", { name: "Ann" })
    const named = await ada.event("user:update", ({ reason }) => reason === "profile")
    expect(named.data).toMatchObject({ userId, user: { id: userId, profile: { name: "Ann" } } })

    await web.login(app.token("ann"))
    const proven = await ada.event("user:update", ({ reason }) => reason === "authentication")
    expect(proven.data).toMatchObject({ userId, user: { externalId: "ann", authenticated: true } })
    await ada.ticket(ticketId, ({ authenticated }) => authenticated)
    await expectTrueConsole(ada)
  })

  it("[P2] [P6] consoles on different nodes agree: the same events in the same order", async () => {
    const { app, desk } = await openDesk(world)
    const consoles = await Promise.all([
      desk.console("ada", { on: 0 }),
      desk.console("bob", { on: 1 }),
      desk.console("ada", { on: 1 }),
    ])
    await inParallel(range(16), 8, async (n) => {
      const web = await app.visitor({ on: n, deviceId: `web-${n}` })
      await web.send(`question ${n}`)
      const one = consoles[n % 3]
      await one?.say(web.conversationId, `answer ${n}`)
      await one?.note(web.conversationId, `note ${n}`)
      await web.login(app.token(`person ${n % 4}`))
      await web.send(`thanks ${n}`)
    })
    for (const console of consoles) await expectTrueConsole(console)
    const [first, ...others] = consoles.map(({ events }) => byPartition(events))
    for (const other of others) expect(other).toEqual(first)
    expect(first?.size).toBeGreaterThan(0)
  })

  it("[P2] sends of one console are stored in the order in which they were sent", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console()
    const { conversationId } = await desk.begins(ada, await app.visitor({ on: 1 }))
    await Promise.all(range(40).map((n) => ada.say(conversationId, `${n}`)))
    expect(said(await ada.history(conversationId))).toEqual(["hello", ...range(40).map(String)])
  })

  it("[P2] a console that was away gets exactly what it missed, on any node; then it is live", async () => {
    const { app, desk } = await openDesk(world)
    const stays = await desk.console("bob", { on: 1 })
    const away = await desk.console()
    const web = await app.visitor()
    const { conversationId, id } = await desk.begins(away, web)
    await away.settle()
    await stays.settle()
    const known = stays.events.length
    const kept = away.leave()
    for (const n of range(10)) await web.send(`missed ${n}`)
    await stays.say(conversationId, "answered meanwhile")
    await web.ask("profile:update", { name: "Ann" })
    await stays.set(id, { status: "pending", assigneeId: "bob" })
    await stays.settle()
    const missed = stays.events.slice(known)
    for (const on of [0, 1]) {
      const back = await desk.console("ada", { ...kept, on })
      expect(back.state?.resumed).toBe(true)
      expect(back.state?.events?.slice(0, missed.length)).toEqual(missed)
      expect(said([await back.hears("missed 9")])).toEqual(["missed 9"])
      await web.send(`live on ${on}`)
      await back.hears(`live on ${on}`)
    }
  })

  it("6 nothing missed: resumed with no events", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console()
    await desk.begins(ada, await app.visitor())
    await ada.settle()
    const back = await desk.console("ada", { ...ada.leave(), on: 1 })
    expect(back.state).toMatchObject({ resumed: true, events: [] })
    const empty = await openDesk(world)
    const early = await empty.desk.console()
    const again = await empty.desk.console("ada", { ...early.leave(), on: 1 })
    await (await empty.app.visitor()).send("the first of all")
    await again.hears("the first of all")
  })

  it("[P2] after 500 missed events it catches up without a hole, or is told to start over", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console()
    const web = await app.visitor({ on: 1 })
    const { conversationId } = await desk.begins(ada, web)
    await ada.settle()
    const { cursor, positions } = ada.leave()
    for (const fifty of range(10)) await Promise.all(range(50).map((n) => web.send(`${fifty}:${n}`)))
    const back = await desk.console("ada", { cursor, positions, on: 1 })
    if (back.state?.resumed) {
      const received = back.events.filter(({ type }) => type === "conversation:message")
      expect(received).toHaveLength(500)
    } else expect(back.state?.events).toBeUndefined()
    expect(await back.history(conversationId)).toHaveLength(501)
    await web.send("live")
    await back.hears("live")
    await back.settle()
  })

  it("3.3 more than fits 256 KB: told to start over, and live from there", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console()
    const web = await app.visitor({ on: 1 })
    const { conversationId, id } = await desk.begins(ada, web)
    await ada.settle()
    const { cursor, positions } = ada.leave()
    await Promise.all(range(40).map((n) => web.send(`${n}${"漢".repeat(4000)}`)))
    const back = await desk.console("ada", { cursor, positions })
    expect(back.state?.resumed).toBe(false)
    expect((await back.ask("sync", { cursor })).resumed).toBe(false)
    const { messages } = await back.ask("ticket:get", { ticketId: id })
    expect(messages.length).toBeGreaterThan(0)
    expect(await back.history(conversationId)).toHaveLength(41)
    await web.send("live")
    await back.hears("live")
  })

  it("6 sync gives exactly what follows the cursor", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    for (const n of range(5)) await web.send(`${n}`)
    await ada.hears("4")
    await ada.settle()
    const { events } = ada
    for (const n of [0, Math.floor(events.length / 2), events.length - 1]) {
      const answer = await ada.ask("sync", { cursor: events[n]?.cursor })
      expect(answer).toEqual({ resumed: true, events: events.slice(n + 1), cursor: events.at(-1)?.cursor })
    }
  })

  it("3.3 unknown, foreign and forged cursors: start over, never events of another app or user", async () => {
    const { app, desk } = await openDesk(world)
    const { app: otherApp, desk: otherDesk } = await openDesk(world)
    const eve = await otherDesk.console("eve")
    await otherDesk.begins(eve, await otherApp.visitor(), "secret")
    await eve.settle()
    const ada = await desk.console()
    const web = await app.visitor()
    await desk.begins(ada, web)
    await ada.settle()
    await web.settle()
    const foreign = [eve.view.cursor, web.view.cursor, "x", "0", `${ada.view.cursor}x`, "__proto__"]
    for (const cursor of foreign) {
      const answer = await ada.ask("sync", { cursor })
      expect([cursor, answer]).toMatchObject([cursor, { resumed: false, state: { resumed: false } }])
      const back = await desk.console("ada", { cursor, on: 1 })
      expect(back.state?.resumed).toBe(false)
      await web.send(`after ${cursor}`)
      await back.hears(`after ${cursor}`)
    }
  })

  it("[P2] consoles that open in the middle of a stream have neither hole nor repeat", async () => {
    const { app, desk } = await openDesk(world)
    const web = await app.visitor()
    await web.send("start")
    const stream = (async () => {
      for (const n of range(100)) await web.send(`${n}`)
    })()
    const joined = await Promise.all(range(10).map((on) => desk.console(`agent ${on}`, { on })))
    await stream
    for (const console of joined) {
      await console.hears("99")
      await console.settle()
    }
  })

  it("[P2] coming back again and again loses and doubles nothing", async () => {
    const { app, desk } = await openDesk(world)
    const web = await app.visitor()
    await web.send("start")
    let console = await desk.console()
    const received: AgentEvent[] = []
    for (const n of range(12)) {
      await web.send(`${n}`)
      if (n % 2 === 0) await console.settle()
      received.push(...console.events)
      console = await desk.console("ada", { ...console.leave(), on: n })
      expect(console.state?.resumed).toBe(true)
    }
    await console.settle()
    received.push(...console.events)
    const messages = received.flatMap((event) =>
      event.type === "conversation:message" ? [event.data.message] : [],
    )
    expect(said(messages)).toEqual(range(12).map(String))
  })
})
