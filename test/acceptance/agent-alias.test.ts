/** [P5] 6: ids that were merged away – of users, conversations, tickets – resolve in every command of an agent. */
import { expect, it } from "vitest"
import { type Desk, expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import { type App, onBoth } from "./world.ts"

/** A visitor folded into Ann, Ann merged by API into Bea: two hops, three ids of each kind. */
async function twoHops(app: App, desk: Desk) {
  const ada = await desk.console("ada")
  const bob = await desk.console("bob", { on: 1 })
  const [web, ann, bea] = [await app.visitor(), await app.member("ann", { on: 1 }), await app.member("bea")]
  const tickets = [
    await desk.begins(ada, web, "of a visitor"),
    await desk.begins(ada, ann, "of ann"),
    await desk.begins(ada, bea, "of bea"),
  ]
  await web.login(app.token("ann"))
  await app.merge(bea.userId, ann.userId)
  const last = tickets.at(-1)
  if (!last) throw new Error("no ticket")
  await ada.event("user:merge", ({ reason }) => reason === "api")
  await ada.settle()
  const old = tickets.slice(0, 2)
  return { ada, bob, bea, last, old }
}

onBoth("aliases at the console", (world) => {
  it("[P5] 6 users: by every id they ever had, and by every external id", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, bob, last, old } = await twoHops(app, desk)
    for (const console of [ada, bob])
      for (const body of [
        ...old.map(({ userId }) => ({ userId })),
        { userId: last.userId },
        { externalId: "ann" },
        { externalId: "bea" },
      ]) {
        const { user, tickets } = await console.ask("user:get", body)
        expect([body, user]).toMatchObject([body, { id: last.userId, externalId: "bea" }])
        expect([...user.aliases].sort()).toEqual(old.map(({ userId }) => userId).sort())
        for (const ticket of tickets) expect(ticket.userId).toBe(last.userId)
      }
  })

  it("[P5] 6 conversations: reading, writing, marking and typing by an old id", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, bob, bea, last, old } = await twoHops(app, desk)
    const received = ["of a visitor", "of ann", "of bea"]
    for (const [n, { conversationId }] of old.entries()) {
      const console = n % 2 === 0 ? ada : bob
      expect(said(await console.history(conversationId, 2))).toEqual(received)
      const { message } = await console.say(conversationId, `to the old id ${n}`)
      expect(message.conversationId).toBe(last.conversationId)
      received.push(`to the old id ${n}`)
      const note = await console.note(conversationId, `note ${n}`)
      expect(note.conversationId).toBe(last.conversationId)
      received.push(`note ${n}`)
      const { position } = message
      const read = await console.ask("conversation:read", { conversationId, position })
      expect(read).toEqual({ unreadCount: 0 })
      await console.ask("typing:start", { conversationId })
      await bea.until(
        "typing in the survivor",
        () =>
          bea.frames.filter(
            ({ name, body }) =>
              name === "typing" &&
              (body as { conversationId: string; active: boolean }).conversationId === last.conversationId,
          ).length > n,
      )
      await console.ask("typing:stop", { conversationId })
      const { message: sent } = await bea.send(`by the user ${n}`, { conversationId })
      expect(sent.conversationId).toBe(last.conversationId)
      received.push(`by the user ${n}`)
    }
    expect(said(await bob.history(last.conversationId))).toEqual(received)
    await expectTrueConsole(ada)
  })

  it("[P5] 6 tickets: an old id leads to the ticket it went into, and changes that one", async () => {
    const { app, desk } = await openDesk(world)
    const { ada, bob, last, old } = await twoHops(app, desk)
    for (const [n, { id }] of old.entries()) {
      const got = await bob.ask("ticket:get", { ticketId: id })
      // Either the closed ticket, saying where it went, or that very one.
      const hops = [...old.slice(n + 1), last].map((next) => next.id)
      if (got.ticket.id === id) expect(hops).toContain(got.ticket.mergedInto)
      else expect(got.ticket.id).toBe(last.id)
      expect(got.user.id).toBe(last.userId)
      expect(got.conversation.id).toBe(last.conversationId)
      expect(said(got.messages)).toEqual(["of a visitor", "of ann", "of bea"])
      expect(await ada.set(id, { assigneeId: `agent ${n}` })).toMatchObject({
        ...{ id: last.id, assigneeId: `agent ${n}` },
        ...{ userId: last.userId, conversationId: last.conversationId },
      })
    }
    await expectTrueConsole(ada)
    expect(ada.view.active().map(({ id }) => id)).toEqual([last.id])
  })

  it("[P5] 6 joining by old ids", async () => {
    const { app, desk } = await openDesk(world, { conversationMode: "multi" })
    const ada = await desk.console("ada", { on: 1 })
    const phone = await app.member("ann")
    const rooms: string[] = []
    for (const n of ["1", "2", "3", "4"]) {
      const { conversation } = await phone.ask("conversation:create", { localId: n })
      await phone.send(n, { conversationId: conversation.id })
      rooms.push(conversation.id)
    }
    const [a, b, c, d] = rooms as [string, string, string, string]
    await ada.ask("conversation:join", { survivingId: a, discardedId: b })
    await ada.ask("conversation:join", { survivingId: c, discardedId: d })
    const { conversation } = await ada.ask("conversation:join", { survivingId: b, discardedId: d })
    expect(conversation.id).toBe(a)
    for (const id of [b, c, d]) expect((await app.admin().conversation(app.id, id)).id).toBe(a)
    for (const id of rooms) expect(said(await ada.history(id))).toEqual(["1", "2", "3", "4"])
    await expectTrueConsole(ada)
    expect(ada.view.active()).toHaveLength(1)
  })
})
