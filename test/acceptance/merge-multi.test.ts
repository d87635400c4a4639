/** 4.2, multi-conversation mode: conversations move unchanged and keep their ids. */
import { expect, it } from "vitest"
import { openDesk } from "./agent-desk.ts"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

const MULTI = { conversationMode: "multi" }

/** What a frame may hold, and the longest text in bytes. */
const FRAME = 256 * 1024
const LONG = "😀".repeat(4096)

onBoth("merge in multi-conversation mode", (world) => {
  it("3.1 a merge of many long messages fits into a frame, and so do its tickets", async () => {
    const { app, desk } = await openDesk(world, MULTI)
    const phone = await app.member("ann", { on: 1 })
    const ada = await desk.console("ada")
    const web = await app.visitor()
    for (const n of range(20)) {
      const { conversation } = await web.ask("conversation:create", { metadata: { n } })
      await web.send(LONG, { conversationId: conversation.id })
    }
    await web.login(app.token("ann"))
    const received = await phone.event("user:merge")
    expect(received.data.conversations).toHaveLength(20)
    expect(Buffer.byteLength(JSON.stringify(received))).toBeLessThan(FRAME)
    expect(Buffer.byteLength(JSON.stringify(await ada.event("user:merge")))).toBeLessThan(FRAME)
    const page = await ada.ask("ticket:list", { limit: 100 })
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(FRAME)
    const rest = await ada.ask("ticket:list", { limit: 100, before: page.next })
    expect(new Set([...page.tickets, ...rest.tickets].map(({ id }) => id)).size).toBe(20)
  })

  it("[P3] conversations move unchanged, keep their ids, and are not default", async () => {
    const app = await world.app(MULTI)
    const phone = await app.member("ann", { on: 1 })
    await phone.send("phone 1")
    const home = phone.conversationId
    const web = await app.visitor()
    await web.send("web 1")
    const { conversation } = await web.ask("conversation:create", { metadata: { topic: "returns" } })
    await web.send("web 2", { conversationId: conversation.id })
    await web.send("web 3", { conversationId: conversation.id })
    const before = new Map((await web.fetch()).map((received) => [received.id, received.messages]))
    expect(before.size).toBe(2)
    const { outcome } = await web.login(app.token("ann"))
    expect(outcome).toBe("merged")
    const { data } = await phone.event("user:merge")
    expect(data.mergedConversations).toEqual([])
    expect(data.conversations.map(({ id }) => id).sort()).toEqual([...before.keys()].sort())
    for (const device of [web, phone]) {
      const all = device.view.conversations()
      expect(all.map(({ id }) => id)).toEqual([...before.keys(), home].sort())
      for (const received of all.filter(({ id }) => id !== home)) {
        expect(received.messages).toEqual(before.get(received.id))
        expect(received.isDefault).toBe(false)
      }
      await expectTrueView(device)
    }
    expect((await app.admin().conversation(app.id, conversation.id)).metadata).toEqual({ topic: "returns" })
  })

  it("[P2] all conversations are live for all devices after the merge", async () => {
    const app = await world.app(MULTI)
    const phone = await app.member("ann", { on: 1 })
    const web = await app.visitor()
    await phone.send("phone 1")
    await web.send("web 1")
    const [mine, theirs] = [web.conversationId, phone.conversationId]
    await web.login(app.token("ann"))
    await app.say(mine, "to the moved one", 0)
    await app.say(theirs, "to the other one", 1)
    await phone.send("into the moved one", { conversationId: mine })
    for (const device of [phone, web]) {
      for (const text of ["to the moved one", "to the other one", "into the moved one"])
        await device.shows(text)
      await expectTrueView(device)
    }
  })

  it("3.2 41 messages in flight around the login land once, each in its conversation", async () => {
    const app = await world.app(MULTI)
    const phone = await app.member("ann", { on: 1 })
    await phone.send("phone 1")
    const web = await app.visitor()
    await web.send("web 1")
    const conversationId = web.conversationId
    let login: Promise<unknown> = Promise.resolve()
    await Promise.all(
      range(41).map((n) => {
        if (n === 20) login = web.login(app.token("ann"))
        return n % 2 === 0
          ? web.deliver(`flight ${n}`, () => login)
          : phone.deliver(`flight ${n}`, () => Promise.resolve())
      }),
    )
    await login
    await web.settle()
    const all = (await web.fetch()).flatMap(({ messages }) => messages)
    expect(all).toHaveLength(43)
    expect(new Set(all.map(({ id }) => id)).size).toBe(43)
    expect((await web.history(conversationId)).length).toBeGreaterThanOrEqual(1)
    for (const device of [phone, web]) {
      for (const n of range(41)) await device.shows(`flight ${n}`)
      await expectTrueView(device)
    }
  })

  it("[P3] an API merge moves every conversation, and the survivor is the one that was named", async () => {
    for (const [winner, loser] of [
      ["ann", "bea"],
      ["bea", "ann"],
    ] as const) {
      const app = await world.app(MULTI)
      const devices = { ann: await app.member("ann"), bea: await app.member("bea", { on: 1 }) }
      for (const device of Object.values(devices)) {
        await device.send("default")
        const { conversation } = await device.ask("conversation:create", {})
        await device.send("second", { conversationId: conversation.id })
      }
      await app.merge(devices[winner].userId, devices[loser].userId)
      await devices[loser].ready("merge")
      expect(devices[loser].userId).toBe(devices[winner].userId)
      expect(devices[loser].view.conversations()).toHaveLength(4)
      const { data } = await devices[winner].event("user:merge")
      expect(data.reason).toBe("api")
      for (const device of Object.values(devices)) await expectTrueView(device)
    }
  })
})
