/** 4.4 and [P4]: after a logout nothing of the person is left on the device. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

onBoth("logout", (world) => {
  it("3.2 a fresh anonymous user with an empty history; later messages are not the person's", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    await ann.send("of ann")
    const [userId, conversationId] = [ann.userId, ann.conversationId]
    const { state } = await ann.logout()
    expect(state).toMatchObject({ user: { authenticated: false }, resumed: false, conversations: [] })
    expect(state.sessionToken).toBeDefined()
    expect(state.login).toBeUndefined()
    for (const secret of [userId, conversationId, "of ann"])
      expect(JSON.stringify(state)).not.toContain(secret)
    await ann.send("of nobody")
    expect(ann.conversationId).not.toBe(conversationId)
    expect(await app.texts(conversationId)).toEqual(["of ann"])
    await app.say(conversationId, "for ann")
    const { message } = await ann.send("marker")
    await ann.roundTrip()
    expect(ann.view.texts()).toEqual(["of nobody", "marker"])
    expect(message.authenticated).toBe(false)
  })

  it("4.4 every socket of this device gets ready with reason logout; other devices are left alone", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { deviceId: "browser", channel: "web" })
    const tab = await app.member("ann", { deviceId: "browser", channel: "web", on: 1 })
    const phone = await app.member("ann", { deviceId: "phone", on: 1 })
    await ann.send("of ann")
    await tab.shows("of ann")
    await ann.logout()
    const state = await tab.ready("logout")
    expect(state).toMatchObject({ user: { authenticated: false }, conversations: [] })
    await phone.send("still ann")
    await tab.roundTrip()
    expect(tab.view.texts()).toEqual([])
    expect(phone.state?.reason).toBe("connect")
    await expectTrueView(phone)
  })

  it("4.4 the token is still good after a logout of one device", async () => {
    const app = await world.app()
    const jwt = app.token("ann")
    const ann = await app.visitor({ jwt })
    await ann.send("of ann")
    await ann.logout()
    expect((await ann.login(jwt)).outcome).toBe("signed_in")
    expect(ann.view.texts()).toEqual(["of ann"])
    const elsewhere = await app.visitor({ jwt, on: 1, deviceId: "elsewhere" })
    expect(elsewhere.view.texts()).toEqual(["of ann"])
  })

  it("3.2 logout while anonymous drops the visitor: nothing is absorbed by the next login", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { on: 1 })
    await ann.send("of ann")
    const web = await app.visitor()
    await web.send("of a visitor")
    const visitor = web.userId
    await web.logout()
    expect(web.userId).not.toBe(visitor)
    await web.login(app.token("ann"))
    expect(web.view.texts()).toEqual(["of ann"])
    expect(await app.texts(ann.conversationId)).toEqual(["of ann"])
    expect((await app.user(visitor)).id).toBe(visitor)
  })

  it("[P3] ann, logout, bob on one device: no byte of ann under bob, and a repeat of her localId is his own", async () => {
    const app = await world.app()
    const shared = await app.member("ann", { deviceId: "family-tablet" })
    const first = await shared.send("of ann", { localId: "1" })
    await shared.logout()
    await shared.login(app.token("bob"))
    const own = await shared.send("of bob", { localId: "1" })
    expect(own.duplicate).toBe(false)
    expect(own.message.id).not.toBe(first.message.id)
    expect(shared.view.texts()).toEqual(["of bob"])
    await expectTrueView(shared)
  })

  it("3.2 known again: the complete history comes with the first ready on a fresh device", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    for (const n of range(5)) await ann.send(`${n}`)
    await ann.logout()
    const fresh = await app.member("ann", { on: 1, deviceId: "fresh" })
    expect(fresh.view.texts()).toEqual(range(5).map(String))
  })

  it("[P4] a client killed between logout and ack starts empty", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { deviceId: "browser" })
    await ann.send("of ann")
    const tab = await app.member("ann", { deviceId: "browser", on: 1 })
    ann.socket.emit("logout", {}, () => {})
    await tab.ready("logout")
    ann.socket.disconnect()
    const next = await app.visitor({ deviceId: "browser" })
    expect(next.view.texts()).toEqual([])
  })
})
