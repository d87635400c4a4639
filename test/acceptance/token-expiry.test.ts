/** 4.4: a token's end on a live socket, and the way back. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { nowSeconds } from "./tokens.ts"
import { expectTrueView, onBoth } from "./world.ts"

const soon = (): { exp: number } => ({ exp: nowSeconds() + 3 })

onBoth("expiry", (world) => {
  it("[P4] expiring at half of a short life, expired at exp, then silence, then a login brings all back", async () => {
    const app = await world.app()
    const claims = soon()
    const web = await app.visitor({ jwt: app.token("ann", claims) })
    expect(web.state?.login?.expiresAt).toBe(claims.exp * 1000)
    const phone = await app.member("ann", { on: 1 })
    await web.send("before")
    expect(await web.signal("auth:expiring")).toEqual({ expiresAt: claims.exp * 1000 })
    const warnedAt = Date.now()
    expect(await web.signal("auth:expired")).toEqual({})
    expect(Date.now()).toBeGreaterThanOrEqual(claims.exp * 1000 - 50)
    expect(warnedAt).toBeLessThan(claims.exp * 1000)

    const frames = web.frames.length
    const conversationId = web.conversationId
    await phone.send("missed")
    await app.say(conversationId, "missed too", 0)
    await phone.shows("missed too")
    for (const [name, body] of [
      ["message:send", { localId: "x", content: { type: "text", text: "x" } }],
      ["message:list", { conversationId }],
      ["conversation:create", {}],
      ["conversation:list", {}],
      ["conversation:read", { conversationId, position: "0" }],
      ["sync", { cursor: web.view.cursor }],
      ["profile:update", { name: "x" }],
      ["typing:start", { conversationId }],
      ["typing:stop", { conversationId }],
    ] as const) {
      expect([name, await web.refused(name, body)]).toMatchObject([
        name,
        { code: "token_expired", retryable: true },
      ])
    }
    expect(web.frames.slice(frames)).toEqual([])

    const { outcome, state } = await web.login(app.token("ann"))
    expect(outcome).toBe("refreshed")
    expect(state.resumed).toBe(false)
    expect(web.view.texts()).toEqual(["before", "missed", "missed too"])
    await phone.send("live again")
    await web.shows("live again")
    await expectTrueView(web)
  })

  it("4.4 a login in time moves the end: nothing is noticed at the old exp", async () => {
    const app = await world.app()
    const claims = soon()
    const [renewed, left] = await Promise.all([
      app.visitor({ jwt: app.token("ann", claims) }),
      app.visitor({ jwt: app.token("bob", claims) }),
    ])
    await renewed.signal("auth:expiring")
    expect((await renewed.login(app.token("ann"))).outcome).toBe("refreshed")
    await left.signal("auth:expired")
    await renewed.send("still here")
    await renewed.roundTrip()
    expect(renewed.frames.some(({ name }) => name === "auth:expired")).toBe(false)
  })

  it("[P1] ten sends over an expiry: ten stored once", async () => {
    const app = await world.app()
    const web = await app.visitor({ jwt: app.token("ann", soon()) })
    await web.send("before")
    const login = web.signal("auth:expired").then(() => web.login(app.token("ann")))
    await Promise.all(range(5).map((n) => web.deliver(`send ${n}`, () => login)))
    await web.signal("auth:expired")
    await Promise.all(range(5).map((n) => web.deliver(`send ${n + 5}`, () => login)))
    expect((await app.texts(web.conversationId)).sort()).toEqual([
      "before",
      ...range(10).map((n) => `send ${n}`),
    ])
  })

  it("[P2] expiry never consumes a cursor: expire, miss five, come back to exactly five", async () => {
    const app = await world.app()
    const web = await app.visitor({ jwt: app.token("ann", soon()) })
    await web.send("before")
    await web.signal("auth:expired")
    const kept = web.leave()
    const phone = await app.member("ann", { on: 1 })
    for (const n of range(5)) await phone.send(`missed ${n}`)
    const back = await app.visitor({ ...kept, jwt: app.token("ann"), on: 1 })
    expect(back.state?.resumed).toBe(true)
    const missed = back.state?.events?.filter(({ type }) => type === "conversation:message")
    expect(missed).toHaveLength(5)
  })

  it("4.4 logout works after the expiry", async () => {
    const app = await world.app()
    const web = await app.visitor({ jwt: app.token("ann", soon()) })
    await web.signal("auth:expired")
    const { state } = await web.logout()
    expect(state.user.authenticated).toBe(false)
    await web.send("of a visitor")
  })

  it("[P4] after the expiry a token of another person opens only that person", async () => {
    const app = await world.app()
    const web = await app.visitor({ jwt: app.token("ann", soon()) })
    await web.send("of ann")
    const conversationId = web.conversationId
    await web.signal("auth:expired")
    await web.login(app.token("bob"))
    expect(web.view.texts()).toEqual([])
    await web.send("of bob")
    expect(await app.texts(conversationId)).toEqual(["of ann"])
  })
})
