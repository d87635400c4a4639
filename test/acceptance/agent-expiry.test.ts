/** 4.4: the end of an agent's token on a live socket, its renewal in place, and keys that are deleted. */
import { expect, it } from "vitest"
import { expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import { nowSeconds } from "./tokens.ts"
import { onBoth } from "./world.ts"

const A_SECOND = 1000
const commands = (ticketId: string, conversationId: string): [string, Record<string, unknown>][] => [
  ["ticket:list", {}],
  ["ticket:get", { ticketId }],
  ["ticket:update", { ticketId, status: "solved" }],
  ["message:send", { conversationId, localId: "x", content: { type: "text", text: "x" } }],
  ["message:list", { conversationId }],
  ["conversation:read", { conversationId, position: "0" }],
  ["typing:start", { conversationId }],
  ["typing:stop", { conversationId }],
  ["sync", { cursor: "x" }],
  ["user:get", { externalId: "ann" }],
  ["watch", { scope: "all" }],
]

onBoth("an agent's token", (world) => {
  it("[P4] 4.4 expiring, expired, then silence and refusals, until a login brings it back", async () => {
    const { app, desk } = await openDesk(world)
    const claims = { exp: nowSeconds() + 3 }
    const ada = await desk.console("ada", { claims })
    const bob = await desk.console("bob", { on: 1 })
    const web = await app.visitor()
    const { id, conversationId } = await desk.begins(ada, web)
    expect(await ada.signal("auth:expiring")).toEqual({ expiresAt: claims.exp * 1000 })
    expect(Date.now()).toBeLessThan(claims.exp * 1000)
    expect(await ada.signal("auth:expired")).toEqual({})
    expect(Date.now()).toBeGreaterThanOrEqual(claims.exp * 1000 - 50)

    const frames = ada.frames.length
    const { cursor } = ada.view
    await web.send("missed")
    await bob.hears("missed")
    for (const [name, body] of commands(id, conversationId))
      expect([name, await ada.refused(name, body)]).toMatchObject([
        name,
        { code: "token_expired", retryable: true },
      ])
    expect(ada.frames.slice(frames)).toEqual([])
    expect(ada.disconnects).toBe(0)

    await ada.login(desk.token("ada"))
    const answer = await ada.ask("sync", { cursor })
    if (!answer.resumed) throw new Error("expiry consumed the cursor")
    expect(JSON.stringify(answer.events)).toContain("missed")
    await web.send("live again")
    await ada.hears("live again")
    expect(said(await ada.history(conversationId))).toEqual(["hello", "missed", "live again"])
    expect((await ada.get(id)).status).toBe("new")
  })

  it("3.3 an agent whose token ran out, or whose key is gone, is online no more, until they log in", async () => {
    const { app, desk } = await openDesk(world)
    const web = await app.visitor({ on: 1 })
    const online = (is: boolean) =>
      web.until(`agentsOnline ${is}`, () => {
        const last = web.frames.findLast(({ name }) => name === "presence")
        return (last?.body as { agentsOnline: boolean } | undefined)?.agentsOnline === is
      })
    const ada = await desk.console("ada", { claims: { exp: nowSeconds() + 3 } })
    await online(true)
    await ada.signal("auth:expired")
    await online(false)
    await ada.login(desk.token("ada"))
    await online(true)
    await app.admin().deleteKey(app.id, desk.key.kid)
    await online(false)
    expect(ada.disconnects).toBe(0)
  })

  it("4.4 a login in time renews in place: nothing is noticed at the old end, and no event is lost", async () => {
    const { app, desk } = await openDesk(world)
    const claims = { exp: nowSeconds() + 3 }
    const [renewed, left] = await Promise.all([
      desk.console("ada", { claims }),
      desk.console("bob", { claims, on: 1 }),
    ])
    const web = await app.visitor()
    await web.send("0")
    await renewed.signal("auth:expiring")
    const sends = web.send("1")
    await renewed.login(desk.token("ada"))
    await sends
    await left.signal("auth:expired")
    await web.send("2")
    await renewed.hears("2")
    await renewed.roundTrip()
    expect(renewed.frames.some(({ name }) => name === "auth:expired")).toBe(false)
    expect(said(await renewed.history(web.conversationId))).toEqual(["0", "1", "2"])
    await renewed.settle()
  })

  it("[P4] 4.4 a login on /agent is for agents' tokens, and a bad one changes nothing", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console()
    const web = await app.visitor()
    for (const jwt of [app.token("ann"), desk.token("ada", { exp: nowSeconds() - 1 }), "x", ""])
      expect(await ada.code("login", { jwt })).toMatch(/^(scope|kid|token|bad)_/)
    await web.send("still heard")
    await ada.hears("still heard")
    await expectTrueConsole(ada)
  })

  it("[P4] 4.4 deleting a key ends its consoles on all nodes within a second", async () => {
    const { app, desk } = await openDesk(world)
    const key = await app.admin().createKey(app.id, "agent")
    const token = desk.token("eve", {}, key)
    const ended = [await desk.console("eve", { token }), await desk.console("eve", { token, on: 1 })]
    const stays = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    const { id, conversationId } = await desk.begins(stays, web)
    await app.admin().deleteKey(app.id, key.kid)
    for (const console of ended)
      expect(await console.signal("auth:revoked", () => true, A_SECOND)).toEqual({ reason: "key_deleted" })
    const frames = ended.map((console) => console.frames.length)
    await web.send("not for eve")
    await stays.hears("not for eve")
    for (const [n, console] of ended.entries()) {
      for (const [name, body] of commands(id, conversationId))
        expect([name, await console.code(name, body)]).toEqual([name, "token_revoked"])
      expect(await console.code("login", { jwt: token })).toBe("kid_unknown")
      expect(console.frames.slice(frames[n])).toEqual([])
      expect(console.disconnects).toBe(0)
    }
    for (const on of [0, 1]) expect((await desk.refusal({ token, on })).code).toBe("kid_unknown")
    await ended[0]?.login(desk.token("eve"))
    await web.send("for eve again")
    await ended[0]?.hears("for eve again")
  })
})
