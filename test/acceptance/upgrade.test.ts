/** 4.2: what a login makes of a visitor, while they are writing. */
import { expect, it } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { Refused, texts } from "./person-device.ts"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

onBoth("upgrade", (world) => {
  it("4.2 upgraded: the same user gains the external id; nothing moves", async () => {
    const app = await world.app()
    const web = await app.visitor()
    for (const text of ["one", "two", "three"]) await web.send(text)
    const before = web.view.conversations()
    const userId = web.userId
    const { outcome, expiresAt, state } = await web.login(app.token("ann", { name: "Ann" }))
    expect(outcome).toBe("upgraded")
    expect(expiresAt).toBeGreaterThan(Date.now())
    expect(state.user).toMatchObject({
      id: userId,
      externalId: "ann",
      authenticated: true,
      profile: { name: "Ann" },
    })
    expect(state.sessionToken).toBeUndefined()
    expect(web.view.conversations()).toEqual(before)
    await expectTrueView(web)
    expect((await app.holder("ann")).id).toBe(userId)
  })

  it("4.2 upgraded without history: anonymous and the id unknown", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const { outcome, state } = await web.login(app.token("ann"))
    expect(outcome).toBe("upgraded")
    expect(state.conversations).toEqual([])
    await web.send("hello")
    expect((await app.holder("ann")).conversations).toHaveLength(1)
  })

  it("4.2 signed_in: anonymous without history, the id known; the history comes with the ack", async () => {
    const app = await world.app()
    const phone = await app.member("ann")
    await phone.send("from the phone")
    const web = await app.visitor({ on: 1 })
    const { outcome, state } = await web.login(app.token("ann"))
    expect(outcome).toBe("signed_in")
    expect(state.user.id).toBe(phone.userId)
    expect(web.view.texts()).toEqual(["from the phone"])
  })

  it("4.2 signed_in: a handshake with only a jwt, for a new id and for a known one", async () => {
    const app = await world.app()
    const first = await app.member("ann")
    expect(first.state).toMatchObject({ reason: "connect", login: { outcome: "signed_in" }, resumed: false })
    await first.send("kept")
    const second = await app.member("ann", { on: 1 })
    expect(second.state?.login?.outcome).toBe("signed_in")
    expect(second.userId).toBe(first.userId)
    expect(second.view.texts()).toEqual(["kept"])
  })

  it("4.2 refreshed: expiry extended, profile claims updated, the other devices told", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const phone = await app.member("ann", { on: 1 })
    const exp = Math.floor(Date.now() / 1000) + 7200
    const { outcome, expiresAt, state } = await web.login(app.token("ann", { name: "Ann B.", exp }))
    expect({ outcome, expiresAt }).toEqual({ outcome: "refreshed", expiresAt: exp * 1000 })
    expect(state.user.profile.name).toBe("Ann B.")
    await phone.event("user:update", ({ user }) => user.profile.name === "Ann B.")
    expect(phone.view.user).toEqual(web.view.user)
  })

  it("[P3] 4.2 switched: the device changes sides, no history moves, nothing of the first remains", async () => {
    const app = await world.app()
    const bob = await app.member("bob", { on: 1 })
    await bob.send("of bob")
    const ann = await app.member("ann", { on: 1 })
    await ann.send("of ann")
    const shared = await app.member("ann")
    const { outcome, state } = await shared.login(app.token("bob"))
    expect(outcome).toBe("switched")
    expect(JSON.stringify(state)).not.toContain(ann.userId)
    expect(shared.view.texts()).toEqual(["of bob"])
    await ann.send("of ann again")
    await bob.send("of bob again")
    await shared.shows("of bob again")
    await expectTrueView(shared)
    expect(await app.texts(ann.conversationId)).toEqual(["of ann", "of ann again"])
    expect(await app.texts(bob.conversationId)).toEqual(["of bob", "of bob again"])
    expect((await shared.login(app.token("ann"))).outcome).toBe("switched")
    expect(shared.view.texts()).toEqual(["of ann", "of ann again"])
  })

  it("3.1 sessionToken and jwt together: claimed before the first history is read", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("anonymous")
    const proof = { sessionToken: web.sessionToken, deviceId: web.deviceId }
    const back = await app.visitor({ ...proof, on: 1, jwt: app.token("ann") })
    expect(back.state?.login?.outcome).toBe("upgraded")
    expect(back.view.texts()).toContain("anonymous")

    const other = await app.visitor({ deviceId: "other" })
    await other.send("again anonymous")
    const { sessionToken = "" } = other.leave()
    const merged = await app.visitor({ sessionToken, jwt: app.token("ann"), on: 1 })
    expect(merged.state?.login?.outcome).toBe("merged")
    expect(merged.view.texts()).toEqual(["anonymous", "again anonymous"])
  })

  it("4.3 the old session token never opens the survivor", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("mine")
    const sessionToken = web.sessionToken
    await web.login(app.token("ann"))
    for (const on of [0, 1]) expect((await app.refusal({ sessionToken, on })).code).toBe("session_consumed")
    const fresh = await app.visitor()
    expect(fresh.userId).not.toBe(web.userId)
  })

  it("4.2 login, logout, login, logout on one connection", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("before")
    const seen = new Set<string>()
    for (const round of range(3)) {
      await web.login(app.token("ann"))
      await web.send(`round ${round}`)
      expect(web.view.texts()).toEqual(["before", ...range(round + 1).map((n) => `round ${n}`)])
      await web.logout()
      expect(web.view.texts()).toEqual([])
      seen.add(web.userId)
    }
    expect(seen.size).toBe(3)
    expect(web.disconnects).toBe(0)
  })

  it("3.4 message.authenticated is fixed when the message is stored", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("as a visitor")
    await web.login(app.token("ann"))
    await web.send("as ann")
    const history = await web.history(web.conversationId)
    expect(history.map(({ authenticated }) => authenticated)).toEqual([false, true])
  })

  it("4.2 conversation:create after the login is still the signed-in person's", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const web = await app.visitor()
    await web.login(app.token("ann"))
    const { conversation } = await web.ask("conversation:create", {})
    const { message } = await web.send("in it", { conversationId: conversation.id })
    expect(message.authenticated).toBe(true)
  })

  it("3.2 41 messages in flight around a login land exactly once and in order", async () => {
    for (const known of [false, true]) {
      const app = await world.app()
      const phone = known ? await app.member("ann", { on: 1 }) : undefined
      if (phone) await phone.send("earlier")
      const web = await app.visitor()
      await web.send("first")
      let login: Promise<unknown> = Promise.resolve()
      const sends = range(41).map((n) => {
        if (n === 20) login = web.login(app.token("ann"))
        return web.deliver(`flight ${n}`, () => login)
      })
      const delivered = await Promise.all(sends)
      await login
      const history = texts(await web.history(web.conversationId)).filter((text) => text.startsWith("flight"))
      const expected = range(41).map((n) => `flight ${n}`)
      expect([...history].sort()).toEqual([...expected].sort())
      if (delivered.every(({ refusals }) => refusals === 0)) expect(history).toEqual(expected)
      await web.settle()
      await expectTrueView(web)
    }
  })

  for (const conversationMode of ["single", "multi"])
    it(`[P3] 4.2 two visitors take one new id at once, again and again (${conversationMode} mode)`, async () => {
      for (const round of range(2 * THOROUGH)) {
        const app = await world.app({ conversationMode })
        const pair = await Promise.all([0, 1].map((on) => app.visitor({ on, deviceId: `device-${on}` })))
        for (const [n, visitor] of pair.entries())
          for (const m of range(3)) await visitor.send(`${n} says ${m}`)
        const answers = await Promise.all(pair.map((visitor) => visitor.login(app.token("new"))))
        const outcomes = answers.map(({ outcome }) => outcome).sort()
        expect([round, ...outcomes]).toEqual([round, "merged", "upgraded"])
        const fresh = await app.member("new", { deviceId: "fresh", on: round })
        await Promise.all(pair.map((visitor, n) => visitor.send(`marker ${n}`)))
        for (const device of [...pair, fresh]) {
          expect(device.userId).toBe(fresh.userId)
          await expectTrueView(device)
          expect(new Set(device.view.texts()).size).toBe(8)
          expect(device.view.texts()).toHaveLength(8)
          expect(device.view.conversations()).toHaveLength(conversationMode === "single" ? 1 : 2)
        }
      }
    })

  it("4.2 fifty devices log in with one new id at once: one user, one default conversation", async () => {
    const app = await world.app()
    const devices = await Promise.all(range(50).map((n) => app.visitor({ on: n, deviceId: `device-${n}` })))
    await Promise.all(devices.slice(0, 10).map((device, n) => device.send(`before ${n}`)))
    await Promise.all(devices.map((device) => device.login(app.token("new"))))
    expect(new Set(devices.map((device) => device.userId)).size).toBe(1)
    await Promise.all(devices.map((device, n) => device.send(`after ${n}`)))
    await Promise.all(devices.flatMap((device) => range(50).map((n) => device.shows(`after ${n}`))))
    const [first] = devices
    if (!first) throw new Error("fifty devices")
    expect(await first.fetch()).toHaveLength(1)
    expect(texts(await first.history(first.conversationId)).sort()).toEqual(
      [...range(10).map((n) => `before ${n}`), ...range(50).map((n) => `after ${n}`)].sort(),
    )
    for (const device of devices) expect(device.view.conversations()).toEqual(first.view.conversations())
  })

  it("4.2 a failed login changes nothing and the visitor goes on", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("one")
    const before = { user: web.view.user, all: web.view.conversations(), token: web.sessionToken }
    const stranger = { kid: app.key.kid, secret: "not the secret of this key at all" }
    expect(await web.code("login", { jwt: app.token("ann", {}, stranger) })).toBe("signature_invalid")
    await web.send("two")
    expect(web.view.user).toEqual(before.user)
    const back = await app.visitor({ sessionToken: before.token, on: 1 })
    expect(back.view.texts()).toEqual(["one", "two"])
  })

  it("3.1 a bad jwt refuses the connection, also beside a good session token", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("one")
    const kept = web.leave()
    await expect(app.visitor({ ...kept, jwt: "no.token.here" })).rejects.toThrow(Refused)
    expect((await app.visitor(kept)).view.user?.authenticated).toBe(false)
  })
})
