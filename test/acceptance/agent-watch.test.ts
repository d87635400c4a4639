/** 6: `watch` says which live events a console gets; it changes nothing for others, and nothing is lost. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { type Desk, openDesk } from "./agent-desk.ts"
import type { App } from "./world.ts"
import { onBoth } from "./world.ts"

/** Two visitors with a ticket each, a console that sees all, and one that will choose. */
async function scene(app: App, desk: Desk) {
  const all = await desk.console("bob", { on: 1 })
  const [one, two] = [await app.visitor(), await app.visitor({ on: 1 })]
  const first = await desk.begins(all, one)
  const second = await desk.begins(all, two)
  const choosy = await desk.console()
  return { all, one, two, first, second, choosy }
}

/** The users the events of a console speak of. */
const about = (console: Console): Set<string> => new Set(console.events.map(({ data }) => data.userId))

onBoth("watch", (world) => {
  it("6 none: no live events but those of the named conversations", async () => {
    const { app, desk } = await openDesk(world)
    const { all, one, two, first, second, choosy } = await scene(app, desk)
    await choosy.watch("none", [second.conversationId])
    await one.send("unwatched")
    await all.say(first.conversationId, "unwatched answer")
    await two.send("watched")
    await all.set(second.id, { status: "pending" })
    await choosy.hears("watched")
    await choosy.ticket(second.id, ({ status }) => status === "pending")
    expect(about(choosy)).toEqual(new Set([second.userId]))
    await choosy.watch("none")
    await two.send("nothing at all")
    await all.hears("nothing at all")
    await choosy.roundTrip()
    expect(choosy.view.messages(second.conversationId).length).toBe(1)
  })

  it("6 mine: what is assigned to this agent, by any agent", async () => {
    const { app, desk } = await openDesk(world)
    const { all, one, two, second, first, choosy } = await scene(app, desk)
    await all.set(first.id, { assigneeId: "bob" })
    await all.set(second.id, { assigneeId: "ada" })
    await choosy.watch("mine")
    await one.send("of bob's")
    await all.hears("of bob's")
    await two.send("of ada's")
    await choosy.hears("of ada's")
    await choosy.roundTrip()
    const received = choosy.events.filter(({ type }) => type === "conversation:message")
    expect(received.map(({ data }) => data.userId)).toEqual([second.userId])

    await all.set(first.id, { assigneeId: "ada" })
    await one.send("now of ada's")
    expect((await choosy.hears("now of ada's")).conversationId).toBe(first.conversationId)
    await all.set(second.id, { assigneeId: "bob" })
    await two.send("now of bob's")
    await all.hears("now of bob's")
    await one.send("still of ada's")
    await choosy.hears("still of ada's")
    expect(JSON.stringify(choosy.events)).not.toContain("now of bob's")
  })

  it("6 mine, and single conversations besides", async () => {
    const { app, desk } = await openDesk(world)
    const { all, one, two, first, second, choosy } = await scene(app, desk)
    const three = await app.visitor()
    await desk.begins(all, three)
    await all.set(first.id, { assigneeId: "ada" })
    await choosy.watch("mine", [second.conversationId])
    await three.send("of nobody")
    await all.hears("of nobody")
    await one.send("mine")
    await two.send("watched")
    await choosy.hears("mine")
    await choosy.hears("watched")
    expect(JSON.stringify(choosy.events)).not.toContain("of nobody")
  })

  it("[P5] 6 a conversation is watched by an id that was merged away, and goes on being watched through a fold", async () => {
    const { app, desk } = await openDesk(world)
    const all = await desk.console("bob", { on: 1 })
    const phone = await app.member("ann", { on: 1 })
    const web = await app.visitor()
    await desk.begins(all, phone)
    const { conversationId: old } = await desk.begins(all, web)
    const before = await desk.console("ada")
    await before.watch("none", [old])
    await web.login(app.token("ann"))
    const after = await desk.console("cyd", { on: 1 })
    await after.watch("none", [old])
    await phone.send("after the fold")
    for (const console of [before, after])
      expect((await console.hears("after the fold")).conversationId).toBe(phone.conversationId)
  })

  it("[P2] back to all: sync brings what was left out, and the rest is live", async () => {
    const { app, desk } = await openDesk(world)
    const { all, one, choosy } = await scene(app, desk)
    await choosy.settle()
    const { cursor } = choosy.view
    await choosy.watch("none")
    await one.send("left out")
    await all.hears("left out")
    await choosy.watch("all")
    const answer = await choosy.ask("sync", { cursor })
    if (!answer.resumed) throw new Error("the cursor was not resumed")
    expect(JSON.stringify(answer.events)).toContain("left out")
    await one.send("live again")
    await choosy.hears("live again")
    expect(JSON.stringify(choosy.events)).not.toContain("left out")
  })

  it("6 a new connection watches all again, and misses nothing of what was left out", async () => {
    const { app, desk } = await openDesk(world)
    const { all, one, choosy } = await scene(app, desk)
    await choosy.settle()
    const { cursor, positions } = { cursor: choosy.view.cursor, positions: new Map(choosy.view.positions) }
    await choosy.watch("none")
    await one.send("left out")
    await all.hears("left out")
    choosy.leave()
    const back = await desk.console("ada", { cursor, positions, on: 1 })
    await back.hears("left out")
    await one.send("live")
    await back.hears("live")
  })
})
