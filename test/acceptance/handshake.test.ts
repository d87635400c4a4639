/** 3.1 and 4.6: which handshakes are accepted, and how the others are refused. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

onBoth("handshake", (world) => {
  it("3.1 ready is the first event, with everything a device needs", async () => {
    const app = await world.app()
    const web = await app.visitor({
      deviceId: "my-browser",
      info: { os: "Linux", width: 1280, retina: true },
    })
    expect(web.frames[0]?.name).toBe("ready")
    expect(web.state).toMatchObject({
      reason: "connect",
      user: { authenticated: false },
      device: { id: "my-browser", channel: "web" },
      resumed: false,
      conversations: [],
      settings: { conversationMode: "single" },
    })
    expect(web.sessionToken).toBeTruthy()
  })

  it("3.1 the hub makes a device id if there is none", async () => {
    const app = await world.app()
    const ids = (await Promise.all(range(3).map((on) => app.visitor({ on })))).map(({ deviceId }) => deviceId)
    expect(new Set(ids).size).toBe(3)
  })

  it("4.6 web, ios and android, and no other channel", async () => {
    const app = await world.app()
    for (const channel of ["web", "ios", "android"])
      expect((await app.visitor({ channel })).state?.device.channel).toBe(channel)
    for (const channel of ["windows", "WEB", "", "__proto__"])
      expect((await app.refusal({ channel })).code).toBe("channel_not_supported")
  })

  it("4.6 agent_workspace_required while the setting is off", async () => {
    const app = await world.app({ agentWorkspace: false })
    expect((await app.refusal()).code).toBe("agent_workspace_required")
    expect((await app.refusal({ jwt: app.token("ann") })).code).toBe("agent_workspace_required")
    await app.admin().call("PATCH", `/v1/apps/${app.id}`, { settings: { agentWorkspace: true } })
    await app.visitor({ on: 1 })
  })

  it("8 browsers must come from allowedOrigins; a handshake without an Origin is allowed", async () => {
    const app = await world.app({ allowedOrigins: ["https://shop.example"] })
    await app.visitor({ headers: { origin: "https://shop.example" } })
    await app.visitor()
    for (const origin of [
      "https://evil.example",
      "https://shop.example.evil.example",
      "http://shop.example",
      "null",
    ])
      expect((await app.refusal({ headers: { origin } })).code).toBe("origin_not_allowed")
    const own = world.hub.node(0).url
    await app.visitor({ headers: { origin: own } })
    const files = await world.app({ allowedOrigins: ["https://shop.example", "file://"] })
    for (const origin of ["null", "file://", "https://shop.example"])
      await files.visitor({ headers: { origin } })
    expect((await files.refusal({ headers: { origin: "https://evil.example" } })).code).toBe(
      "origin_not_allowed",
    )
    const open = await world.app()
    await open.visitor({ headers: { origin: "https://anywhere.example" } })
  })

  it("4.7 app_not_found, version_not_supported", async () => {
    const app = await world.app()
    for (const appId of ["app_nowhere", "__proto__", "constructor"])
      expect((await app.refusal({ appId })).code).toBe("app_not_found")
    for (const v of [0, 2, 99])
      expect((await app.refusal({ auth: { v } })).code).toBe("version_not_supported")
  })

  it("4.7 session_invalid: no token of this hub, changed, or of another app", async () => {
    const [app, other] = [await world.app(), await world.app()]
    const web = await app.visitor()
    await web.send("mine")
    const token = web.sessionToken
    const middle = Math.floor(token.length / 2)
    const changed = `${token.slice(0, middle)}${token[middle] === "A" ? "B" : "A"}${token.slice(middle + 1)}`
    for (const sessionToken of ["nonsense", changed, `${token}x`, app.token("ann")])
      expect((await app.refusal({ sessionToken })).code).toBe("session_invalid")
    expect((await other.refusal({ sessionToken: token })).code).toBe("session_invalid")
  })

  it("2 unknown and ill-typed fields of the handshake are refused, never ignored", async () => {
    const app = await world.app()
    for (const auth of [
      { cursour: "typo" },
      { deviceId: 7 },
      { jwt: { token: "x" } },
      { sessionToken: ["x"] },
      { cursor: 7 },
      { info: "Linux" },
      { info: { nested: { deep: true } } },
      { info: { long: "x".repeat(4097) } },
      { helpCenter: "yes" },
    ]) {
      const { code, message } = await app.refusal({ auth })
      expect(code).toBe("bad_request")
      expect(message).toContain(Object.keys(auth)[0])
    }
  })

  it("3.1 nothing is read from the query string", async () => {
    const app = await world.app()
    const jwt = app.token("ann")
    const url = `${world.hub.node(0).url}/messaging?appId=${app.id}&v=1&channel=web&jwt=${jwt}`
    const device = app.closed({ auth: { appId: undefined } })
    device.socket.io.opts.query = Object.fromEntries(new URL(url).searchParams)
    await expect(device.open()).rejects.toThrow(/bad_request|app_not_found/)
    const anonymous = app.closed()
    anonymous.socket.io.opts.query = { jwt, sessionToken: "x", cursor: "y" }
    await anonymous.open()
    expect(anonymous.view.user?.authenticated).toBe(false)
  })

  it("3.1 an anonymous visitor who never wrote leaves no record, and is the same user when they come back", async () => {
    const app = await world.app()
    const web = await app.visitor()
    expect(await app.admin().code("GET", `/v1/apps/${app.id}/users/${web.userId}`)).toBe("not_found")
    const kept = web.leave()
    const back = await app.visitor({ ...kept, on: 1 })
    expect(back.userId).toBe(web.userId)
    await back.send("now there is something")
    expect((await app.user(web.userId)).id).toBe(web.userId)
  })

  it("4.7 a stock client is told retryable or not in err.data", async () => {
    const app = await world.app()
    const error = await app.refusal({ appId: "app_nowhere" })
    expect(error).toMatchObject({ code: "app_not_found", retryable: false })
    expect(error.message.length).toBeGreaterThan(10)
  })

  it("[P6] two hundred visitors behind one address: none refused", async () => {
    const app = await world.app()
    const visitors = await Promise.all(range(200).map((on) => app.visitor({ on, deviceId: `d${on}` })))
    await Promise.all(visitors.map((visitor, n) => visitor.send(`${n}`)))
    expect(new Set(visitors.map(({ userId }) => userId)).size).toBe(200)
  })
})
