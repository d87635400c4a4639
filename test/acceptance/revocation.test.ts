/** 4.4: keys deleted and everybody logged out, on all nodes, within a second. */
import { expect, it } from "vitest"
import { nowSeconds } from "./tokens.ts"
import { expectTrueView, onBoth } from "./world.ts"

const A_SECOND = 1000

onBoth("revocation", (world) => {
  it("[P4] deleting a key ends its sessions on all nodes; its tokens are kid_unknown", async () => {
    const app = await world.app()
    const key = await app.admin().createKey(app.id)
    const jwt = app.token("ann", {}, key)
    const ended = [await app.visitor({ jwt }), await app.visitor({ jwt, on: 1, deviceId: "second" })]
    const stays = await app.member("ann", { on: 1, deviceId: "third" })
    await stays.send("before")
    await Promise.all(ended.map((device) => device.shows("before")))
    await app.admin().deleteKey(app.id, key.kid)
    for (const device of ended)
      expect(await device.signal("auth:revoked", A_SECOND)).toEqual({ reason: "key_deleted" })
    const frames = ended.map((device) => device.frames.length)
    await stays.send("after")
    await stays.shows("after")
    for (const [n, device] of ended.entries()) {
      expect(await device.code("conversation:list", {})).toBe("token_revoked")
      expect(await device.code("message:send", { localId: "x", content: { type: "text", text: "x" } })).toBe(
        "token_revoked",
      )
      expect(await device.code("login", { jwt })).toBe("kid_unknown")
      expect(device.frames.slice(frames[n])).toEqual([])
      expect(device.disconnects).toBe(0)
      await device.login(app.token("ann"))
      expect(device.view.texts()).toEqual(["before", "after"])
    }
    for (const on of [0, 1]) expect((await app.refusal({ jwt, on })).code).toBe("kid_unknown")
    await stays.send("live")
    for (const device of [...ended, stays]) {
      await device.shows("live")
      await expectTrueView(device)
    }
  })

  it("[P4] logout everywhere ends every session of the user on all nodes", async () => {
    const app = await world.app()
    const jwt = app.token("ann")
    const caller = await app.visitor({ jwt })
    const others = [await app.member("ann", { on: 1 }), await app.member("ann", { on: 0 })]
    const bob = await app.member("bob", { on: 1 })
    await caller.send("of ann")
    const conversationId = caller.conversationId
    const { state } = await caller.ask("logout", { everywhere: true })
    expect(state).toMatchObject({ user: { authenticated: false }, conversations: [] })
    for (const device of others) {
      expect(await device.signal("auth:revoked", A_SECOND)).toEqual({ reason: "logout" })
      expect(await device.code("message:list", { conversationId })).toBe("token_revoked")
    }
    for (const on of [0, 1]) expect((await app.refusal({ jwt, on })).code).toBe("token_revoked")
    expect(await others[0]?.code("login", { jwt })).toBe("token_revoked")
    await bob.send("bob is left alone")

    const later = app.token("ann", { iat: nowSeconds() + 2 })
    const back = await app.visitor({ jwt: later, on: 1 })
    expect(back.view.texts()).toEqual(["of ann"])
    await others[0]?.login(later)
    expect(others[0]?.view.texts()).toEqual(["of ann"])
  })

  it("4.4 a revoked socket may log out and go on as a visitor", async () => {
    const app = await world.app()
    const key = await app.admin().createKey(app.id)
    const web = await app.visitor({ jwt: app.token("ann", {}, key) })
    await app.admin().deleteKey(app.id, key.kid)
    await web.signal("auth:revoked")
    expect((await web.logout()).state.user.authenticated).toBe(false)
    await web.send("of a visitor")
    expect(web.view.user?.authenticated).toBe(false)
  })

  it("4.4 anonymous sessions and other keys are not touched", async () => {
    const app = await world.app()
    const key = await app.admin().createKey(app.id)
    const web = await app.visitor()
    const ann = await app.member("ann", { on: 1 })
    await app.admin().deleteKey(app.id, key.kid)
    await web.send("still here")
    await ann.send("still here too")
    for (const device of [web, ann])
      expect(device.frames.some(({ name }) => name === "auth:revoked")).toBe(false)
  })
})
