/** 4.2, 5: what becomes of tickets, requesters and aliases when people turn out to be one, as agents see it. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { type Desk, expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import type { Device } from "./person-device.ts"
import { range } from "./random.ts"
import { type App, onBoth } from "./world.ts"

/** A known person with a ticket, an anonymous visitor with another, and a console on each node. */
async function twoSides(app: App, desk: Desk) {
  const ada = await desk.console("ada")
  const bob = await desk.console("bob", { on: 1 })
  const phone = await app.member("ann", { on: 1 })
  const web = await app.visitor()
  const known = await desk.begins(ada, phone, "phone 1")
  const anonymous = await desk.begins(ada, web, "web 1")
  return { ada, bob, phone, web, known, anonymous }
}

const active = (console: Console, device: Device): string[] =>
  console.view
    .active()
    .filter(({ userId }) => userId === device.userId)
    .map(({ id }) => id)

onBoth("tickets and merges", (world) => {
  it("[P3] 4.2 both sides active: the anonymous ticket is closed and names the one it went into", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, bob, phone, web, known, anonymous } = await twoSides(app, desk)
    const discarded = web.userId
    await ada.set(anonymous.id, { assigneeId: "bob", status: "pending" })
    await web.login(app.token("ann"))
    for (const console of [ada, bob]) {
      const { data } = await console.event("user:merge")
      expect(data).toMatchObject({
        userId: phone.userId,
        reason: "sdkLogin",
        mergedUsers: { surviving: { id: phone.userId, externalId: "ann" }, discarded: { id: discarded } },
        mergedConversations: [{ surviving: known.conversationId, discarded: anonymous.conversationId }],
      })
      const closed = await console.ticket(anonymous.id, ({ mergedInto }) => mergedInto !== undefined)
      expect(closed).toMatchObject({ status: "closed", mergedInto: known.id, authenticated: false })
      await expectTrueConsole(console)
      expect(active(console, phone)).toEqual([known.id])
      expect(said(console.view.messages(known.conversationId))).toEqual(["phone 1", "web 1"])
    }
    const { user } = await bob.ask("user:get", { userId: phone.userId })
    expect(user.aliases).toContain(discarded)
    expect((await ada.get(known.id)).authenticated).toBe(true)
    await web.send("after")
    expect((await ada.hears("after")).conversationId).toBe(known.conversationId)
    await expectTrueConsole(ada)
  })

  for (const status of ["solved", "closed"])
    it(`[P3] 4.2 only the anonymous ticket active, the known one ${status}: it becomes the conversation's`, async () => {
      const { app, desk } = await openDesk(world)
      const { ada, bob, phone, web, known, anonymous } = await twoSides(app, desk)
      await bob.set(known.id, { status })
      await bob.set(anonymous.id, { assigneeId: "bob" })
      await web.login(app.token("ann"))
      for (const console of [ada, bob]) {
        const moved = await console.ticket(anonymous.id, ({ userId }) => userId === phone.userId)
        expect(moved).toMatchObject({
          ...{ conversationId: known.conversationId, userId: phone.userId },
          ...{ status: "open", authenticated: true, assigneeId: "bob" },
        })
        await expectTrueConsole(console)
        expect(active(console, phone)).toEqual([anonymous.id])
      }
      await phone.send("goes to the active one")
      await expectTrueConsole(bob)
      expect(active(bob, phone)).toEqual([anonymous.id])
      expect((await ada.get(known.id)).status).toBe(status)
      expect((await phone.fetch())[0]?.status).toBe("open")
    })

  it("[P3] 4.2 only the known ticket active: it stays the conversation's", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, phone, web, known, anonymous } = await twoSides(app, desk)
    await ada.set(anonymous.id, { status: "solved" })
    await web.login(app.token("ann"))
    await ada.event("user:merge")
    await web.send("after")
    await expectTrueConsole(ada)
    expect(active(ada, phone)).toEqual([known.id])
  })

  it("5 a past ticket is never active beside the present one; where that is solved, it takes its place", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, phone, web, known, anonymous } = await twoSides(app, desk)
    await ada.set(anonymous.id, { status: "solved" })
    await web.login(app.token("ann"))
    await ada.event("user:merge")
    expect(await ada.refused("ticket:update", { ticketId: anonymous.id, status: "open" })).toMatchObject({
      code: "conflict",
    })
    expect(await ada.set(anonymous.id, { assigneeId: "bob" })).toMatchObject({ status: "solved" })
    expect((await ada.get(known.id)).status).toBe("new")
    expect(await ada.get(anonymous.id)).toMatchObject({ status: "solved", assigneeId: "bob" })
    await ada.set(known.id, { status: "solved" })
    expect(await ada.set(anonymous.id, { status: "open" })).toMatchObject({ authenticated: true })
    expect((await ada.get(known.id)).status).toBe("solved")
    const { tickets } = await ada.ask("user:get", { userId: phone.userId })
    expect(tickets.map(({ id }) => id).sort()).toEqual([known.id, anonymous.id].sort())
    await phone.send("to the one that is open")
    await expectTrueConsole(ada)
    expect(active(ada, phone)).toEqual([anonymous.id])
  })

  it("4.2 an upgrade moves nothing: the same ticket, the same user, now with the mark", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const { id, userId } = await desk.begins(ada, web, "before")
    await web.login(app.token("ann", { name: "Ann", email: "ann@example.org", email_verified: true }))
    const { data } = await ada.event("user:update", ({ reason }) => reason === "authentication")
    expect(data.user).toMatchObject({
      ...{ id: userId, externalId: "ann", authenticated: true },
      profile: { name: "Ann", email: "ann@example.org", emailVerified: true },
    })
    await ada.ticket(id, ({ authenticated }) => authenticated)
    await web.send("after")
    await ada.hears("after")
    const { messages, user, ticket } = await ada.ask("ticket:get", { ticketId: id })
    expect(messages.map(({ authenticated }) => authenticated)).toEqual([false, true])
    expect(ticket).toMatchObject({ userId, status: "new", authenticated: true })
    expect(user).toMatchObject({ id: userId, externalId: "ann", aliases: [] })
    expect(ada.events.filter(({ type }) => type === "user:merge")).toEqual([])
    await expectTrueConsole(ada)
  })

  it("5 the mark of a message is fixed when it is written: no merge touches it", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, phone, web, known } = await twoSides(app, desk)
    await ada.say(known.conversationId, "answer")
    const before = new Map<string, boolean>()
    for (const event of ada.events)
      if (event.type === "conversation:message")
        before.set(event.data.message.id, event.data.message.authenticated)
    await web.login(app.token("ann"))
    await web.send("signed in")
    const bea = await app.member("bea")
    await bea.send("of bea")
    await app.merge(bea.userId, phone.userId)
    const history = await ada.history(known.conversationId)
    for (const { id, authenticated } of history)
      if (before.has(id)) expect(authenticated).toBe(before.get(id))
    expect(history.map(({ authenticated }) => authenticated)).toEqual([true, false, false, true, true])
  })

  it("[P3] 4.2 multi mode: tickets move unchanged to the known user, each with its mark", async () => {
    const { app, desk } = await openDesk(world, { conversationMode: "multi" })
    const { ada, bob, phone, web, known, anonymous } = await twoSides(app, desk)
    const { conversation } = await web.ask("conversation:create", {})
    await web.send("web 2", { conversationId: conversation.id })
    const second = await ada.begun(conversation.id)
    await ada.set(second.id, { status: "hold", assigneeId: "bob" })
    await web.login(app.token("ann"))
    for (const console of [ada, bob]) {
      const { data } = await console.event("user:merge")
      expect(data.mergedConversations).toEqual([])
      for (const { id, conversationId } of [anonymous, second]) {
        const moved = await console.ticket(id, ({ userId }) => userId === phone.userId)
        expect(moved).toMatchObject({ conversationId, authenticated: true })
        expect(moved.mergedInto).toBeUndefined()
      }
      await expectTrueConsole(console)
      expect(active(console, phone).sort()).toEqual([known.id, anonymous.id, second.id].sort())
    }
    expect(await ada.get(second.id)).toMatchObject({ status: "hold", assigneeId: "bob" })
    expect(await ada.get(anonymous.id)).toMatchObject({ status: "new" })
  })

  it("[P3] 8 a merge by API: the discarded person's ticket goes into the survivor's", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const ann = await app.member("ann")
    const bea = await app.member("bea", { on: 1 })
    const [kept, gone] = [await desk.begins(ada, ann), await desk.begins(ada, bea)]
    const discarded = bea.userId
    await app.merge(ann.userId, bea.userId)
    const { data } = await ada.event("user:merge")
    expect(data).toMatchObject({ reason: "api", mergedUsers: { discarded: { id: discarded } } })
    const closed = await ada.ticket(gone.id, ({ mergedInto }) => mergedInto !== undefined)
    expect(closed).toMatchObject({ status: "closed", mergedInto: kept.id })
    await bea.ready("merge")
    await bea.send("as one")
    await ada.hears("as one")
    await expectTrueConsole(ada)
    expect(active(ada, ann)).toEqual([kept.id])
  })

  it("[P3] merges under way while everybody writes: one active ticket, every message once", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, bob, phone, web, known, anonymous } = await twoSides(app, desk)
    const flights = range(15).flatMap((n) => [
      phone.send(`p${n}`),
      ada.say(anonymous.conversationId, `a${n}`),
      bob.say(known.conversationId, `b${n}`),
    ])
    const busy = range(5).map(() => bob.raw("ticket:update", { ticketId: anonymous.id, assigneeId: "bob" }))
    await Promise.all([...flights, ...busy, web.login(app.token("ann"))])
    await web.send("after")
    for (const console of [ada, bob]) {
      await expectTrueConsole(console)
      expect(active(console, phone)).toEqual([known.id])
      const texts = said(console.view.messages(known.conversationId))
      expect(texts).toHaveLength(48)
      expect(new Set(texts).size).toBe(48)
    }
  })
})
