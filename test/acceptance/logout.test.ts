/** 4.4 and [P4]: after a logout nothing of the person is left on the device. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { nowSeconds } from "./tokens.ts"
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

  it("[P4] 4.4 every other socket of this device and user is signed out, and nobody else", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { deviceId: "browser", channel: "web" })
    const tab = await app.member("ann", { deviceId: "browser", channel: "web", on: 1 })
    const phone = await app.member("ann", { deviceId: "phone", on: 1 })
    const bob = await app.member("bob", { deviceId: "browser", on: 1 })
    await ann.send("of ann")
    await tab.shows("of ann")
    await ann.logout()
    expect(await tab.signal("auth:revoked")).toEqual({ reason: "logout" })
    const frames = tab.frames.length
    await ann.send("of the fresh visitor")
    await phone.send("still ann")
    await bob.send("of bob")
    expect(await tab.code("conversation:list", {})).toBe("token_revoked")
    expect(await tab.code("message:send", { localId: "x", content: { type: "text", text: "x" } })).toBe(
      "token_revoked",
    )
    expect(tab.frames.slice(frames), "neither of the person nor of the fresh visitor").toEqual([])
    await expectTrueView(phone)
    const handedOver = { sessionToken: ann.sessionToken, deviceId: "browser", on: 1 }
    const back = await app.visitor(handedOver)
    expect(back.userId).toBe(ann.userId)
    expect(back.view.texts()).toEqual(["of the fresh visitor"])
  })

  it("[P4] 4.4 a socket that is expired or revoked logs out only itself", async () => {
    const app = await world.app()
    const key = await app.admin().createKey(app.id)
    const short = { deviceId: "browser", on: 1 }
    const expired = await app.visitor({ ...short, jwt: app.token("ann", { exp: nowSeconds() + 2 }) })
    const revoked = await app.visitor({ ...short, jwt: app.token("ann", {}, key) })
    const ann = await app.member("ann", { deviceId: "browser" })
    await app.admin().deleteKey(app.id, key.kid)
    await revoked.signal("auth:revoked")
    await expired.signal("auth:expired", 5000)
    await expired.logout()
    await revoked.logout()
    await ann.send("still ann")
    await ann.roundTrip()
    expect(ann.frames.some(({ name }) => name === "auth:revoked")).toBe(false)
    expect(expired.userId).not.toBe(ann.userId)
  })

  it("[P4] 4.4 a visitor's logout ends the session for good, and parks its other sockets", async () => {
    const app = await world.app()
    for (const words of [["of a visitor"], []]) {
      const web = await app.visitor()
      for (const word of words) await web.send(word)
      const { sessionToken, deviceId } = web
      const tab = await app.visitor({ sessionToken, deviceId, on: 1 })
      await web.logout()
      expect(await tab.signal("auth:required")).toEqual({ reason: "session_moved" })
      expect(await tab.code("conversation:list", {})).toBe("session_consumed")
      for (const on of [0, 1]) expect((await app.refusal({ sessionToken, on })).code).toBe("session_consumed")
      await web.send("of the next one")
      expect(web.view.texts()).toEqual(["of the next one"])
      expect((await tab.logout()).state.user.id).not.toBe(web.userId)
    }
  })

  it("[P4] 4.4 a device signs in again at once, and its earlier logout does not touch it", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { deviceId: "browser" })
    for (let n = 0; n < 5; n += 1) {
      await ann.logout()
      await ann.login(app.token("ann"))
      await ann.send(`${n}`)
    }
    await ann.roundTrip()
    expect(ann.frames.some(({ name }) => name === "auth:revoked")).toBe(false)
    await expectTrueView(ann)
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

  it("[P3] ann, logout, bob on one device: no byte of ann under bob, and a repeat of ann's localId is bob's own", async () => {
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
    await tab.signal("auth:revoked")
    ann.socket.disconnect()
    const next = await app.visitor({ deviceId: "browser" })
    expect(next.view.texts()).toEqual([])
  })
})
