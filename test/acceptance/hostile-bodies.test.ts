/** 2: bodies of any type, size and depth are refused with a code, and the hub lives on. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

onBoth("hostile bodies", (world) => {
  const COMMANDS = [
    ...["login", "logout", "message:send", "message:list", "conversation:create", "conversation:list"],
    ...["conversation:read", "sync", "profile:update", "typing:start", "typing:stop"],
  ]

  it("2 a body that is no object is bad_request on every command", async () => {
    const app = await world.app()
    const web = await app.visitor()
    for (const name of COMMANDS)
      for (const body of [null, 1, "x", true, [], [{}], "{}"])
        expect([name, body, await web.code(name, body)]).toEqual([name, body, "bad_request"])
    expect(web.disconnects).toBe(0)
  })

  it("2 unknown and ill-typed fields are refused, naming the field", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const { position } = (await web.send("mine")).message
    const { conversationId } = web
    const good: Record<string, Record<string, unknown>> = {
      logout: {},
      "message:send": { localId: "x", content: { type: "text", text: "x" } },
      "message:list": { conversationId },
      "conversation:create": {},
      "conversation:list": {},
      "conversation:read": { conversationId, position },
      sync: { cursor: "x" },
      "profile:update": {},
      "typing:start": { conversationId },
      "typing:stop": { conversationId },
    }
    for (const [name, body] of Object.entries(good)) {
      const { code, message } = await web.refused(name, { ...body, surprise: 1 })
      expect([name, code, message.includes("surprise")]).toEqual([name, "bad_request", true])
    }
    for (const [name, field, value] of [
      ["message:send", "localId", 1],
      ["message:send", "conversationId", {}],
      ["message:send", "content", "x"],
      ["message:send", "ifHead", 7],
      ["message:send", "metadata", "x"],
      ["message:list", "conversationId", null],
      ["message:list", "limit", "10"],
      ["conversation:read", "position", 9],
      ["conversation:list", "limit", 1000],
      ["sync", "cursor", 1],
      ["profile:update", "name", ["x"]],
      ["profile:update", "email", 1],
      ["typing:start", "conversationId", 7],
      ["logout", "everywhere", "yes"],
      ["login", "jwt", {}],
    ] as const) {
      const { code, message } = await web.refused(name, { ...good[name], [field]: value })
      expect([name, code, message.includes(field)]).toEqual([name, "bad_request", true])
    }
    expect(web.view.user?.authenticated).toBe(true)
    expect(await app.texts(conversationId)).toEqual(["mine"])
  })

  it("2 unknown commands are refused; names of the language's own are no commands", async () => {
    const app = await world.app()
    const web = await app.visitor()
    for (const name of [
      "message:delete",
      "",
      "__proto__",
      "constructor",
      "toString",
      "ready",
      "event",
      "LOGIN",
    ])
      expect([name, await web.code(name, {})]).toEqual([name, "bad_request"])
  })

  it("2 a missing ack, several arguments and prototypes do no harm", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const other = await app.visitor({ on: 1 })
    for (const name of [...COMMANDS.filter((name) => name !== "logout" && name !== "login"), "nonsense"]) {
      web.socket.emit(name)
      web.socket.emit(name, { localId: "x", content: { type: "text", text: "without ack" } })
      web.socket.emit(name, "not an ack", "neither", 7)
      web.socket.emit(name, {}, {}, {}, () => {})
      web.socket.emit(
        name,
        JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"x": 1}}}'),
        () => {},
      )
    }
    await web.send("still here")
    await other.send("untouched")
    expect(await app.admin().code("GET", "/v1/apps/polluted")).toBe("app_not_found")
    expect((await app.visitor()).view.texts()).toEqual([])
    expect(web.disconnects).toBe(0)
  })

  it("2 bytes close their connection, wherever they stand in a packet", async () => {
    const app = await world.app()
    const other = await app.visitor({ on: 1 })
    for (const body of [
      Buffer.from([1, 2, 3]),
      { localId: "x", content: Buffer.from("x") },
      { localId: "x", content: { type: "text", text: Buffer.from("x") } },
    ]) {
      const web = await app.visitor()
      web.socket.emit("message:send", body)
      await web.until("the end of the connection", () => web.disconnects > 0)
    }
    await other.send("untouched")
  })

  it("2 a body above 64 KB is payload_too_large, and the socket lives on", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const body = {
      localId: "x",
      content: { type: "text", text: "x" },
      metadata: { long: "x".repeat(66_000) },
    }
    expect(await web.code("message:send", body)).toBe("payload_too_large")
    expect(await web.code("profile:update", { name: "漢".repeat(30_000) })).toBe("payload_too_large")
    expect(await web.code("nonsense", { long: "x".repeat(70_000) })).toMatch(/payload_too_large|bad_request/)
    await web.send("still here")
    expect(web.disconnects).toBe(0)
  })

  it("2 a frame of 1 MB closes its connection, and only that", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const other = await app.visitor({ deviceId: "other" })
    web.socket.emit(
      "message:send",
      { localId: "x", content: { type: "text", text: "x".repeat(1_048_576) } },
      () => {},
    )
    await web.until("the end of the connection", () => web.disconnects > 0)
    await other.send("untouched")
    expect(await app.visitor({ sessionToken: web.sessionToken })).toBeDefined()
  })

  it("2 deep and wide bodies", async () => {
    const app = await world.app()
    const web = await app.visitor()
    let deep: unknown = 1
    for (const _ of range(2000)) deep = [deep]
    expect(await web.code("message:send", { localId: "x", content: deep })).toBe("bad_request")
    const wide = Object.fromEntries(range(4000).map((n) => [`k${n}`, n]))
    expect(await web.code("message:send", wide)).toBe("bad_request")
    await web.send("still here")
  })
})
