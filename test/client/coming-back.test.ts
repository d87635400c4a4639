import { describe, expect, it } from "vitest"
import { memoryStorage } from "../../src/client/client.ts"
import { heard, newClient, openStage, refusal, status } from "./stage.ts"
import { answered, conversation, event, person, heard as received, said, state } from "./words.ts"

const ben = person("usr_ben", "ben")
const jwt = (externalId: string, n = 0) =>
  `h.${Buffer.from(JSON.stringify({ external_id: externalId, n })).toString("base64url")}.s`
const login = (outcome: "signed_in" | "switched" | "refreshed" | "upgraded" = "signed_in") => ({
  outcome,
  expiresAt: 9,
})
const texts = (messages: readonly { content: { type: string; text?: string } }[]) =>
  messages.map(({ content }) => content.text)

describe("the outbox", () => {
  it("sends what was typed before there was a connection, in order, each once", async () => {
    const stage = await openStage()
    const client = newClient(stage.url)
    const sent = ["a", "b", "c"].map((text) => client.send({ text }))
    expect(client.view.outgoing.map(({ status }) => status)).toEqual(["pending", "pending", "pending"])
    await client.connect()
    await Promise.all(sent)
    expect(texts(stage.stored)).toEqual(["a", "b", "c"])
    expect(client.view.outgoing).toEqual([])
    expect(texts(client.view.conversations[0]?.messages ?? [])).toEqual(["a", "b", "c"])
  })

  it("with every acknowledgement dropped once, each message is stored once", async () => {
    const stage = await openStage()
    stage.answer = (name, body) => {
      if (name !== "message:send" || stage.store(body).duplicate) return undefined
      stage.cut()
      return "silence"
    }
    const client = newClient(stage.url)
    await client.connect()
    await Promise.all(["a", "b", "c"].map((text) => client.send({ text })))
    expect(texts(stage.stored)).toEqual(["a", "b", "c"])
    expect(stage.bodies("message:send")).toHaveLength(6)
  })

  it("repeats after a silence on a connection that stands", async () => {
    const stage = await openStage()
    stage.answer = (_, body) => (stage.store(body).duplicate ? undefined : "silence")
    const client = newClient(stage.url)
    await client.connect()
    await client.send({ text: "a" })
    expect(stage.stored).toHaveLength(1)
    expect(stage.handshakes).toHaveLength(1)
  })

  it("goes on when the feed is faster than the acknowledgement", async () => {
    const stage = await openStage()
    stage.answer = (name, body, socket) => {
      if (name !== "message:send") return undefined
      const result = stage.store(body)
      socket.emit("event", received(stage.stored.length, result.message))
      return { ok: true, result }
    }
    const client = newClient(stage.url)
    await client.connect()
    await Promise.all(["a", "b", "c"].map((text) => client.send({ text })))
    expect(stage.bodies("message:send")).toHaveLength(3)
    expect(client.view).toMatchObject({ outgoing: [], conversations: [{ messages: { length: 3 } }] })
  })

  it("drops a poison message so that the others go on", async () => {
    const stage = await openStage()
    stage.answer = (_, body) => (JSON.stringify(body).includes("poison") ? refusal("bad_request") : undefined)
    const client = newClient(stage.url)
    const poison = client.send({ text: "poison" })
    const good = client.send({ text: "good" })
    await client.connect()
    await expect(poison).rejects.toMatchObject({ code: "bad_request" })
    await good
    const [failed] = client.view.outgoing
    expect(failed).toMatchObject({ status: "failed", error: { code: "bad_request" } })
    expect(client.discard(failed?.localId ?? "")).toBe(true)
    expect(client.view.outgoing).toEqual([])
  })

  it("refuses more than 64 KB before anything is sent", async () => {
    const client = newClient("http://127.0.0.1:9")
    await expect(client.send({ text: "ä".repeat(33_000) })).rejects.toMatchObject({
      code: "payload_too_large",
    })
    expect(client.view.outgoing).toEqual([])
  })

  it("outlives a reload and a ready that resets everything", async () => {
    const stage = await openStage()
    const storage = memoryStorage()
    const before = newClient(stage.url, { storage })
    void before.send({ text: "typed before" }).catch(() => undefined)
    before.close()
    stage.answer = (name) => (name === "message:send" ? refusal("unavailable", true) : undefined)
    const client = newClient(stage.url, { storage })
    void client.send({ text: "typed after" })
    const refused = new Promise<void>((resolve) => {
      stage.answer = () => {
        resolve()
        return refusal("unavailable", true)
      }
    })
    await client.connect()
    await refused
    stage.answer = () => undefined
    stage.socket?.emit("ready", state([], { reason: "reset" }))
    await heard(client, "view", ({ outgoing }) => outgoing.length === 0)
    expect(texts(stage.stored)).toEqual(["typed before", "typed after"])
    expect(await storage.get("tributary:app:outbox")).toBeUndefined()
  })
})

describe("the connection", () => {
  it("comes back by itself after retryable refusals", async () => {
    const stage = await openStage()
    stage.onHandshake = (_, attempt) => (attempt < 4 ? refusal("unavailable", true).error : state())
    await newClient(stage.url).connect()
    expect(stage.handshakes).toHaveLength(4)
  })

  it("says why it was refused for good, and stays away", async () => {
    const stage = await openStage()
    stage.onHandshake = () => refusal("app_not_found").error
    const client = newClient(stage.url)
    const error = heard(client, "error")
    await expect(client.connect()).rejects.toMatchObject({ code: "app_not_found" })
    expect(await error).toMatchObject({ code: "app_not_found" })
    expect(client.status).toMatchObject({ state: "refused" })
    expect(stage.handshakes).toHaveLength(1)
  })

  it("comes back with its cursor, and with what it missed", async () => {
    const stage = await openStage()
    stage.onHandshake = ({ cursor }) => {
      const { conversations: _, ...rest } = state()
      return cursor === "c1"
        ? { ...rest, resumed: true, events: [received(2, answered(3))], cursor: "c2" }
        : state()
    }
    const client = newClient(stage.url)
    await client.connect()
    const missed = heard(client, "message", ({ id }) => id === "msg_3")
    const first = heard(client, "message")
    stage.socket?.emit("event", received(1, answered(2)))
    await first
    stage.cut()
    await missed
    expect(client.view).toMatchObject({ offset: 2, cursor: "c2" })
  })

  it("heals a hole, and is stale until it is healed", async () => {
    const stage = await openStage()
    const client = newClient(stage.url)
    await client.connect()
    let tries = 0
    stage.answer = (name) => {
      if (name !== "sync") return undefined
      tries += 1
      return tries < 4
        ? refusal("unavailable", true)
        : { ok: true, result: { resumed: true, events: [received(2, answered(3))], cursor: "c2" } }
    }
    const stale = heard(client, "status", ({ state }) => state === "stale")
    stage.socket?.emit("event", received(1, answered(2)))
    stage.socket?.emit("event", received(3, answered(4)))
    await stale
    expect(client.view.conversations[0]?.messages).toHaveLength(1)
    await status(client, "live")
    expect(client.view.conversations[0]?.messages.map(({ id }) => id)).toEqual(["msg_2", "msg_3", "msg_4"])
    expect(stage.bodies("sync")[0]).toEqual({ cursor: "c1" })
  })

  it("starts anew when the visitor's session is invalid, and takes his drafts along", async () => {
    const stage = await openStage()
    const storage = memoryStorage()
    const record = { generation: "g", sessionToken: "old", userId: "usr_anna" }
    await storage.set(`tributary:${stage.url}:app:session`, JSON.stringify(record))
    stage.onHandshake = ({ sessionToken }) =>
      sessionToken === "old" ? refusal("session_invalid").error : state()
    const client = newClient(stage.url, { storage })
    const sent = client.send({ text: "still here" })
    await client.connect()
    await sent
    expect(stage.handshakes.map(({ sessionToken }) => sessionToken)).toEqual(["old", undefined])
  })
})

describe("who is here", () => {
  it("a login before connect comes with the handshake, with a fresh token each time", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([], { user: ben, login: login() })
    const client = newClient(stage.url)
    let n = 0
    const signedIn = client.login(async () => jwt("ben", ++n))
    await client.connect()
    expect(await signedIn).toEqual(login())
    const back = heard(client, "auth", ({ type }) => type === "login")
    stage.cut()
    await back
    expect(stage.handshakes.map((auth) => auth.jwt)).toEqual([jwt("ben", 1), jwt("ben", 2)])
  })

  it("a message typed while the token expires is sent after the refresh, once", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([], { user: ben, login: login() })
    let fresh = false
    stage.answer = (name) => {
      if (name === "login") {
        fresh = true
        return {
          ok: true,
          result: { ...login("refreshed"), state: state([], { user: ben, reason: "login" }) },
        }
      }
      return fresh ? undefined : refusal("token_expired", true)
    }
    const client = newClient(stage.url)
    void client.login(() => jwt("ben"))
    await client.connect()
    await client.send({ text: "late" })
    expect(texts(stage.stored)).toEqual(["late"])
    expect(stage.commands.map(({ name }) => name)).toEqual(["message:send", "login", "message:send"])
  })

  it("a login that fails changes nothing", async () => {
    const stage = await openStage()
    stage.answer = (name) => (name === "login" ? refusal("signature_invalid") : undefined)
    const client = newClient(stage.url)
    await client.connect()
    const { user } = client.view
    await expect(client.login(() => jwt("ben"))).rejects.toMatchObject({ code: "signature_invalid" })
    expect(client.view.user).toEqual(user)
    expect(client.status).toEqual({ state: "live" })
    await client.send({ text: "still the visitor" })
  })

  it("[P4] A's drafts are never sent as B", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([], { user: ben, login: login() })
    stage.answer = (name) => {
      const cleo = state([], { user: person("usr_cleo", "cleo"), reason: "login" })
      if (name === "login") return { ok: true, result: { ...login("switched"), state: cleo } }
      return name === "message:send" && stage.bodies("login").length === 0
        ? refusal("unavailable", true)
        : undefined
    }
    const storage = memoryStorage()
    const client = newClient(stage.url, { storage, random: () => 0.9 })
    void client.login(() => jwt("ben"))
    await client.connect()
    const draft = client.send({ text: "of ben" })
    await client.login(() => jwt("cleo"))
    await expect(draft).rejects.toMatchObject({ code: "identity_changed" })
    await client.send({ text: "of cleo" })
    expect(texts(stage.stored)).toEqual(["of cleo"])
    expect(await storage.get("tributary:app:outbox")).toBeUndefined()
  })

  it("the visitor's drafts go along when he signs in", async () => {
    const stage = await openStage()
    stage.answer = (name) => {
      if (name === "login")
        return { ok: true, result: { ...login(), state: state([], { user: ben, reason: "login" }) } }
      return stage.bodies("login").length === 0 ? refusal("unavailable", true) : undefined
    }
    const client = newClient(stage.url, { random: () => 0.5 })
    await client.connect()
    const draft = client.send({ text: "typed as visitor" })
    await client.login(() => jwt("ben"))
    await draft
    expect(texts(stage.stored)).toEqual(["typed as visitor"])
  })

  it("[P4] after logout not a byte of the person stays, before the hub has answered", async () => {
    const stage = await openStage()
    const secret = conversation([said(1, { content: { type: "text", text: "secret" } })])
    stage.onHandshake = ({ sessionToken }) =>
      state(sessionToken ? [] : [secret], { sessionToken: "of-the-visitor" })
    stage.answer = (name) => (name === "logout" ? "silence" : refusal("unavailable", true))
    const kept = new Map<string, string>()
    const storage = {
      get: (key: string) => kept.get(key),
      set: (key: string, value: string) => kept.set(key, value),
      remove: (key: string) => kept.delete(key),
    }
    const client = newClient(stage.url, { storage })
    await client.connect()
    const draft = client.send({ text: "secret draft" })
    void client.logout()
    await expect(draft).rejects.toMatchObject({ code: "identity_changed" })
    expect([...kept.keys()].map((key) => key.split(":").at(-1)).filter((key) => key !== "lock")).toEqual([
      "device",
      "session",
    ])
    expect(JSON.stringify([...kept])).not.toMatch(/secret|of-the-visitor/)
    expect(JSON.stringify(client.view)).not.toContain("secret")
  })

  it("a parked tab signs in with its host's token, and without one says that it needs one", async () => {
    const stage = await openStage()
    stage.answer = (name) =>
      name === "login"
        ? { ok: true, result: { ...login(), state: state([], { user: ben, reason: "login" }) } }
        : undefined
    const client = newClient(stage.url)
    await client.connect()
    const required = heard(client, "auth", ({ type }) => type === "required")
    stage.socket?.emit("auth:required", { reason: "session_moved" })
    expect(await required).toEqual({ type: "required", reason: "session_moved" })
    expect(client.status).toEqual({ state: "parked", reason: "session_moved", renewing: false })
    expect((await client.login(() => jwt("ben"))).outcome).toBe("signed_in")
    expect(client.status).toEqual({ state: "live" })
    const again = heard(client, "auth", ({ type }) => type === "login")
    stage.socket?.emit("auth:required", { reason: "session_moved" })
    await again
  })

  it("a tab hands its login to a parked tab of the same device", async () => {
    const stage = await openStage()
    stage.answer = (name) =>
      name === "login"
        ? { ok: true, result: { ...login(), state: state([], { user: ben, reason: "login" }) } }
        : undefined
    const tabs = (name: string) => new BroadcastChannel(name)
    const one = newClient(stage.url, { tabs, deviceId: "browser" })
    const two = newClient(stage.url, { tabs, deviceId: "browser" })
    await two.connect()
    stage.socket?.emit("auth:required", { reason: "session_moved" })
    await status(two, "parked")
    const followed = heard(two, "auth", ({ type }) => type === "login")
    await one.connect()
    await one.login(() => jwt("ben"))
    await followed
    expect(two.view.user?.id).toBe("usr_ben")
  })

  it("revoked by a logout elsewhere, it tries a fresh token once, and otherwise forgets", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([conversation([said(1)])], { user: ben, login: login() })
    stage.answer = (name) => (name === "login" ? refusal("token_revoked") : undefined)
    const client = newClient(stage.url)
    void client.login(() => jwt("ben"))
    await client.connect()
    const forgotten = heard(client, "view", ({ user }) => user === undefined)
    stage.socket?.emit("auth:revoked", { reason: "logout" })
    await forgotten
    expect(client.status).toEqual({ state: "revoked", reason: "logout", renewing: false })
    expect(stage.bodies("login")).toHaveLength(1)
  })

  it("a merge by event keeps own messages own and the old id working", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([conversation([said(1)])], { user: ben, login: login() })
    const client = newClient(stage.url)
    void client.login(() => jwt("ben"))
    await client.connect()
    const merged = heard(client, "view", ({ aliases }) => aliases.con_old === "con_one")
    const data = {
      reason: "api" as const,
      mergedUsers: { surviving: ben, discarded: { id: "usr_old" } },
      mergedConversations: [{ surviving: "con_one", discarded: "con_old" }],
      conversations: [conversation([said(2)])],
    }
    stage.socket?.emit("event", event(1, "user:merge", data))
    expect((await merged).conversations[0]?.messages.map(({ id }) => id)).toEqual(["msg_1", "msg_2"])
  })
})
