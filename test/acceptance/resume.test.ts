/** 3.3: coming back by cursor: exactly what was missed, or the full state, never silence. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

onBoth("resume", (world) => {
  it("[P2] what was missed, in order, without a hole; then live", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    const web = await app.member("ann")
    await phone.send("before")
    await web.shows("before")
    const kept = web.leave()
    for (const n of range(5)) await phone.send(`missed ${n}`)
    await app.say(phone.conversationId, "answer")
    await phone.ask("profile:update", { name: "Ann" })
    await phone.shows("answer")
    for (const on of [0, 1]) {
      const back = await app.member("ann", { ...kept, on })
      expect(back.state?.resumed).toBe(true)
      const missed = back.events.flatMap((event) =>
        event.type === "conversation:message" ? [event.data.message] : [],
      )
      expect(missed.map(({ content }) => (content.type === "text" ? content.text : ""))).toEqual([
        ...range(5).map((n) => `missed ${n}`),
        "answer",
        ...range(on).map((n) => `live on ${n}`),
      ])
      expect(back.events.some(({ type }) => type === "user:update")).toBe(true)
      const live = await phone.send(`live on ${on}`)
      await back.event("conversation:message", ({ message }) => message.id === live.message.id)
      expect(back.view.offset).toBe(back.events.at(-1)?.offset)
    }
  })

  it("3.1 nothing missed: resumed with no events", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("before")
    await web.settle()
    const back = await app.visitor({ ...web.leave(), on: 1 })
    expect(back.state).toMatchObject({ reason: "connect", resumed: true, events: [] })
    await back.send("after")
    await back.settle()
    expect(back.events).not.toHaveLength(0)
  })

  it("3.2 sync gives exactly what follows the cursor", async () => {
    const app = await world.app()
    const web = await app.visitor()
    for (const n of range(6)) await web.send(`${n}`)
    await web.shows("5")
    await web.settle()
    const { events } = web
    for (const n of [0, Math.floor(events.length / 2), events.length - 1]) {
      const answer = await web.ask("sync", { cursor: events[n]?.cursor })
      expect(answer).toEqual({ resumed: true, events: events.slice(n + 1), cursor: events.at(-1)?.cursor })
    }
  })

  it("3.3 unknown, foreign and forged cursors: the full state, never another user's events", async () => {
    const app = await world.app()
    const bob = await app.member("bob", { on: 1 })
    for (const n of range(4)) await bob.send(`of bob ${n}`)
    await bob.settle()
    const ann = await app.member("ann")
    await ann.send("of ann")
    await ann.settle()
    const foreign = bob.events.map(({ cursor }) => cursor)
    const own = ann.view.cursor
    for (const cursor of [
      "x",
      "0",
      "-1",
      "999999",
      `${own}x`,
      own.slice(0, -1),
      "__proto__",
      "\u0000",
      ...foreign,
    ]) {
      const answer = await ann.ask("sync", { cursor })
      expect(answer).toMatchObject({ resumed: false, state: { resumed: false, user: { id: ann.userId } } })
      expect(JSON.stringify(answer)).not.toContain("of bob")
      expect(JSON.stringify(answer)).toContain("of ann")
      const back = await app.member("ann", { cursor, on: 1 })
      expect(back.state?.resumed).toBe(false)
      expect(back.view.texts()).toEqual(["of ann"])
    }
  })

  it("3.3 trimmed: more than a thousand events later the answer is the full state", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    const web = await app.member("ann")
    await phone.send("first")
    await web.shows("first")
    const kept = web.leave()
    const { cursor } = kept
    for (const hundred of range(11)) await Promise.all(range(100).map((n) => phone.send(`${hundred}:${n}`)))
    const back = await app.member("ann", { ...kept, on: 0 })
    expect(back.state?.resumed).toBe(false)
    expect(back.view.texts()).toContain("10:99")
    expect((await back.ask("sync", { cursor })).resumed).toBe(false)
    await phone.send("live")
    await back.shows("live")
    expect(await back.history(back.conversationId)).toHaveLength(1102)
  })

  it("3.1 missed events that would not fit 256 KB are answered with the full state", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    const web = await app.member("ann")
    await phone.send("first")
    await web.shows("first")
    const kept = web.leave()
    await Promise.all(range(60).map((n) => phone.send(`${n}${"漢".repeat(4000)}`)))
    const back = await app.member("ann", kept)
    expect(back.state?.resumed).toBe(false)
    expect(back.view.conversations()[0]?.more).toBe(true)
    const page = await back.ask("message:list", { conversationId: back.conversationId, limit: 100 })
    expect(page.more).toBe(true)
    expect(await back.history(back.conversationId)).toHaveLength(61)
    await expectTrueView(back)
  })

  it("3.3 the user behind the cursor was merged away: the full state of the survivor", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    await phone.send("of ann")
    const web = await app.visitor()
    await web.send("anonymous")
    await web.settle()
    const { cursor } = web.view
    await web.login(app.token("ann"))
    expect((await web.ask("sync", { cursor })).resumed).toBe(false)
    const back = await app.member("ann", { cursor })
    expect(back.state?.resumed).toBe(false)
    expect(back.view.texts()).toEqual(["of ann", "anonymous"])
  })

  it("[P2] a device that slept through a merge comes to the survivor with what it missed", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    await phone.send("of ann")
    await phone.settle()
    const kept = phone.leave()
    const web = await app.visitor()
    await web.send("anonymous")
    await web.login(app.token("ann"))
    await web.send("after")
    const back = await app.member("ann", { ...kept, on: 1 })
    expect(back.state?.resumed).toBe(true)
    const { data } = await back.event("user:merge")
    expect(data.mergedUsers.surviving.id).toBe(phone.userId)
    await back.shows("after")
  })

  it("[P2] every kind of event missed once, then apply == fetch", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const phone = await app.member("ann", { on: 1 })
    const web = await app.member("ann")
    await phone.send("before")
    await web.shows("before")
    const asleep = web.leave()
    await app.say(phone.conversationId, "answer")
    const { position } = await phone.hears("answer")
    await phone.ask("conversation:read", { conversationId: phone.conversationId, position })
    await phone.ask("profile:update", { name: "Ann" })
    const visitor = await app.visitor({ on: 1 })
    await visitor.send("anonymous")
    await visitor.login(app.token("ann"))
    await phone.ask("conversation:create", { localId: "new" })
    const { cursor = "" } = asleep
    const answer = await phone.ask("sync", { cursor })
    if (!answer.resumed) throw new Error("the cursor was not resumed")
    const kinds = new Set(answer.events.map(({ type }) => type))
    for (const kind of [
      "conversation:message",
      "conversation:read",
      "user:update",
      "user:merge",
      "conversation:create",
    ])
      expect(kinds).toContain(kind)
    for (const event of answer.events) web.view.apply(event)
    expect(web.view.conversations()).toEqual(
      (await phone.fetch()).map((received) => ({ ...received, more: expect.anything() as boolean })),
    )
    expect(web.view.user).toEqual((await app.member("ann")).view.user)
  })

  it("3.1 a session token is renewed on use and opens the same user on every node", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("kept")
    let sessionToken = web.sessionToken
    for (const n of range(6)) {
      const back = await app.visitor({ sessionToken, on: n })
      expect(back.userId).toBe(web.userId)
      expect(back.view.texts()).toEqual(["kept"])
      sessionToken = back.sessionToken
    }
  })

  it("[P2] devices that join in the middle of a stream have neither hole nor repeat", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    await phone.send("start")
    const stream = (async () => {
      for (const n of range(120)) await phone.send(`${n}`)
    })()
    const joined = await Promise.all(range(30).map((on) => app.member("ann", { on, deviceId: `d${on}` })))
    await stream
    for (const device of joined) {
      await device.shows("119")
      await expectTrueView(device)
    }
  })

  it("[P2] reconnecting again and again never doubles the history", async () => {
    const app = await world.app()
    let web = await app.visitor()
    await web.send("0")
    await web.settle()
    for (const n of range(20)) {
      const received = web.events.length
      const { userId } = web
      web = await app.visitor({ ...web.leave(), on: n })
      expect(web.userId).toBe(userId)
      expect(web.state).toMatchObject({ resumed: true, events: [] })
      await web.send(`${n + 1}`)
      await web.settle()
      expect(received).toBeGreaterThan(0)
    }
    expect(await web.history((await web.fetch())[0]?.id ?? "")).toHaveLength(21)
  })
})
