/** 6: who opens `/agent`, what the console is told first, and what is refused at the handshake and after it. */
import { expect, it } from "vitest"
import { agentClaims, openDesk } from "./agent-desk.ts"
import { range } from "./random.ts"
import { claimsOf, encode, mint, nowSeconds } from "./tokens.ts"
import { onBoth } from "./world.ts"

const REFUSALS_OF_A_FOREIGN_KEY = ["scope_invalid", "kid_unknown"]

onBoth("the agents' door", (world) => {
  it("6 ready is the first event: who the agent is, what waits, where the feed stands", async () => {
    const { app, desk } = await openDesk(world, { conversationMode: "multi" })
    const first = await desk.console()
    expect(first.frames[0]?.name).toBe("ready")
    expect(first.state).toMatchObject({
      agent: { id: "ada", name: "Agent ada" },
      resumed: false,
      settings: { conversationMode: "multi" },
      counts: { new: 0, open: 0, pending: 0, hold: 0 },
    })
    const statuses = ["new", "new", "new", "open", "open", "pending", "hold", "solved", "closed"]
    for (const [on, status] of statuses.entries()) {
      const { id } = await desk.begins(first, await app.visitor({ on }))
      if (status !== "new") await first.set(id, { status })
    }
    for (const on of range(2)) {
      const { state } = await desk.console("bob", { on })
      expect(state?.agent).toEqual({ id: "bob", name: "Agent bob" })
      expect(state?.counts).toEqual({ new: 3, open: 2, pending: 1, hold: 1 })
    }
  })

  it("6 [P4] an end user's token never opens /agent, and whatever is unsound opens nothing", async () => {
    const { app, desk } = await openDesk(world)
    const refused = async (token: string): Promise<string> => (await desk.refusal({ token })).code
    for (const token of [
      app.token("ann"),
      app.tokenOf(agentClaims("ada"), app.key),
      app.tokenOf(claimsOf("ann"), desk.key),
      app.token("ann", { sub: "ada", name: "Ada" }),
    ])
      expect(REFUSALS_OF_A_FOREIGN_KEY).toContain(await refused(token))
    const over = { iat: nowSeconds() - 100, exp: nowSeconds() - 1 }
    const header = encode({ alg: "none", typ: "JWT", kid: desk.key.kid })
    const other = await openDesk(world)
    for (const [code, token] of [
      ["token_expired", desk.token("ada", over)],
      ["expiry_missing", desk.token("ada", { iat: undefined, exp: undefined })],
      ["token_not_yet_valid", desk.token("ada", { iat: nowSeconds() + 600 })],
      ["scope_invalid", desk.token("ada", { scope: "app" })],
      ["scope_invalid", desk.token("ada", { scope: undefined })],
      ["signature_invalid", desk.token("ada", {}, { kid: desk.key.kid, secret: "x".repeat(32) })],
      ["kid_unknown", desk.token("ada", {}, { ...desk.key, kid: "nobody" })],
      ["kid_unknown", other.desk.token("ada")],
      ["kid_missing", mint(desk.key, agentClaims("ada"), { kid: undefined })],
      ["alg_not_allowed", `${header}.${encode(agentClaims("ada"))}.`],
    ] as const)
      expect([code, await refused(token)]).toEqual([code, code])
    for (const sub of [undefined, "", 7]) expect(await refused(desk.token(sub))).toBeTruthy()
  })

  it("6 [P4] an agent's token never opens /messaging, neither at the door nor by login", async () => {
    const { app, desk } = await openDesk(world)
    const crossed = app.tokenOf(claimsOf("ann"), desk.key)
    const web = await app.visitor()
    const ada = await desk.console()
    for (const jwt of [desk.token("ada"), desk.token("ada", { external_id: "ann" }), crossed]) {
      expect(REFUSALS_OF_A_FOREIGN_KEY).toContain((await app.refusal({ jwt })).code)
      expect(REFUSALS_OF_A_FOREIGN_KEY).toContain(await web.code("login", { jwt }))
    }
    expect(REFUSALS_OF_A_FOREIGN_KEY).toContain(await ada.code("login", { jwt: app.token("ann") }))
    await web.send("still a visitor")
    expect((await ada.hears("still a visitor")).authenticated).toBe(false)
  })

  it("6 the handshake takes what the page names, and nothing else", async () => {
    const { desk } = await openDesk(world)
    const refused = async (auth: Record<string, unknown>) => (await desk.refusal({ auth })).code
    expect(await refused({ v: 2 })).toBe("version_not_supported")
    expect(await refused({ appId: "app_of_nobody" })).toBe("app_not_found")
    for (const auth of [{ extra: 1 }, { cursor: 7 }, { token: 7 }, { deviceId: "d" }, { channel: "web" }])
      expect(await refused(auth)).toBe("bad_request")
    expect(["bad_request", "token_malformed"]).toContain(await refused({ token: undefined }))
    expect((await desk.refusal({ token: "x" })).code).toBe("token_malformed")
  })

  it("6 [P4] the commands of the one namespace do not exist in the other", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console()
    const web = await app.visitor()
    const { id: ticketId, conversationId, userId } = await desk.begins(ada, web)
    const content = { type: "text", text: "x" }
    for (const [name, body] of [
      ["ticket:list", {}],
      ["ticket:get", { ticketId }],
      ["ticket:update", { ticketId, status: "solved" }],
      ["user:get", { userId }],
      ["watch", { scope: "all" }],
      ["conversation:join", { survivingId: conversationId, discardedId: conversationId }],
      ["message:send", { conversationId, localId: "x", content, internal: true }],
    ] as const)
      expect([name, await web.code(name, body)]).toEqual([name, "bad_request"])
    for (const [name, body] of [
      ["conversation:list", {}],
      ["conversation:create", {}],
      ["profile:update", { name: "x" }],
      ["nonsense", {}],
      ["ticket:list", { extra: 1 }],
      ["ticket:list", { status: ["lost"] }],
      ["ticket:list", { limit: "ten" }],
      ["ticket:get", {}],
      ["ticket:update", { ticketId, status: "lost" }],
      ["ticket:update", { ticketId, assigneeId: 7 }],
      ["message:send", { localId: "x", content }],
      ["message:send", { conversationId, content }],
      ["message:send", { conversationId, localId: "x", content, internal: "yes" }],
      ["watch", { scope: "some" }],
      ["watch", { scope: "all", conversations: "con_x" }],
      ["user:get", {}],
    ] as const)
      expect([name, body, await ada.code(name, body)]).toEqual([name, body, "bad_request"])
    for (const body of [null, 7, "x", []]) expect(await ada.code("ticket:list", body)).toBe("bad_request")
    expect((await ada.get(ticketId)).status).toBe("new")
  })

  it("[P4] an agent of one app reaches nothing of another", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console()
    const web = await app.visitor()
    const { id: ticketId, conversationId, userId } = await desk.begins(ada, web, "secret")
    const { desk: other } = await openDesk(world)
    const eve = await other.console("eve", { on: 1 })
    const content = { type: "text", text: "x" }
    for (const [name, body] of [
      ["ticket:get", { ticketId }],
      ["ticket:update", { ticketId, status: "solved" }],
      ["message:send", { conversationId, localId: "x", content }],
      ["message:list", { conversationId }],
      ["conversation:read", { conversationId, position: "0" }],
      ["typing:start", { conversationId }],
      ["user:get", { userId }],
      ["conversation:join", { survivingId: conversationId, discardedId: conversationId }],
    ] as const)
      expect(["not_found", "forbidden"]).toContain(await eve.code(name, body))
    expect(await eve.list()).toEqual([])
    await web.send("another secret")
    await ada.hears("another secret")
    await eve.roundTrip()
    expect(eve.events).toEqual([])
    expect(JSON.stringify(eve.frames)).not.toContain(userId)
  })
})
