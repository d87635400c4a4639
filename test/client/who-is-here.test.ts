/** Logins, logouts and merges on a scripted hub: what goes along with whom, and what never does. */
import { describe, expect, it } from "vitest"
import { memoryStorage } from "../../src/client/client.ts"
import { jwt } from "./given.ts"
import { conversation, event, loginResult, person, said, state, textsOf } from "./sample-views.ts"
import { newClient, nextEvent, openStage, refusal, status } from "./scripted-hub.ts"

const ben = person("usr_ben", "ben")

describe("who is here", () => {
  it("a login before connect comes with the handshake, with a fresh token each time", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([], { user: ben, login: loginResult() })
    const client = newClient(stage.url)
    let n = 0
    const signedIn = client.login(async () => jwt("ben", ++n))
    await client.connect()
    expect(await signedIn).toEqual(loginResult())
    const back = nextEvent(client, "auth", ({ type }) => type === "login")
    stage.cut()
    await back
    expect(stage.handshakes.map((auth) => auth.jwt)).toEqual([jwt("ben", 1), jwt("ben", 2)])
  })

  it("a message typed while the token expires is sent after the refresh, once", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([], { user: ben, login: loginResult() })
    let fresh = false
    stage.answer = (name) => {
      if (name === "login") {
        fresh = true
        return {
          ok: true,
          result: { ...loginResult("refreshed"), state: state([], { user: ben, reason: "login" }) },
        }
      }
      return fresh ? undefined : refusal("token_expired", true)
    }
    const client = newClient(stage.url)
    void client.login(() => jwt("ben"))
    await client.connect()
    await client.send({ text: "late" })
    expect(textsOf(stage.stored)).toEqual(["late"])
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
    stage.onHandshake = () => state([], { user: ben, login: loginResult() })
    stage.answer = (name) => {
      const cleo = state([], { user: person("usr_cleo", "cleo"), reason: "login" })
      if (name === "login") return { ok: true, result: { ...loginResult("switched"), state: cleo } }
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
    expect(textsOf(stage.stored)).toEqual(["of cleo"])
    expect(await storage.get("tributary:app:outbox")).toBeUndefined()
  })

  it("the visitor's drafts go along when they sign in", async () => {
    const stage = await openStage()
    stage.answer = (name) => {
      if (name === "login")
        return { ok: true, result: { ...loginResult(), state: state([], { user: ben, reason: "login" }) } }
      return stage.bodies("login").length === 0 ? refusal("unavailable", true) : undefined
    }
    const client = newClient(stage.url, { random: () => 0.5 })
    await client.connect()
    const draft = client.send({ text: "typed as visitor" })
    await client.login(() => jwt("ben"))
    await draft
    expect(textsOf(stage.stored)).toEqual(["typed as visitor"])
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
        ? { ok: true, result: { ...loginResult(), state: state([], { user: ben, reason: "login" }) } }
        : undefined
    const client = newClient(stage.url)
    await client.connect()
    const required = nextEvent(client, "auth", ({ type }) => type === "required")
    stage.socket?.emit("auth:required", { reason: "session_moved" })
    expect(await required).toEqual({ type: "required", reason: "session_moved" })
    expect(client.status).toEqual({ state: "parked", reason: "session_moved", renewing: false })
    expect((await client.login(() => jwt("ben"))).outcome).toBe("signed_in")
    expect(client.status).toEqual({ state: "live" })
    const again = nextEvent(client, "auth", ({ type }) => type === "login")
    stage.socket?.emit("auth:required", { reason: "session_moved" })
    await again
  })

  it("a tab hands its login to a parked tab of the same device", async () => {
    const stage = await openStage()
    stage.answer = (name) =>
      name === "login"
        ? { ok: true, result: { ...loginResult(), state: state([], { user: ben, reason: "login" }) } }
        : undefined
    const tabs = (name: string) => new BroadcastChannel(name)
    const one = newClient(stage.url, { tabs, deviceId: "browser" })
    const two = newClient(stage.url, { tabs, deviceId: "browser" })
    await two.connect()
    stage.socket?.emit("auth:required", { reason: "session_moved" })
    await status(two, "parked")
    const followed = nextEvent(two, "auth", ({ type }) => type === "login")
    await one.connect()
    await one.login(() => jwt("ben"))
    await followed
    expect(two.view.user?.id).toBe("usr_ben")
  })

  it("revoked by a logout elsewhere, it tries a fresh token once, and otherwise forgets", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([conversation([said(1)])], { user: ben, login: loginResult() })
    stage.answer = (name) => (name === "login" ? refusal("token_revoked") : undefined)
    const client = newClient(stage.url)
    void client.login(() => jwt("ben"))
    await client.connect()
    const forgotten = nextEvent(client, "view", ({ user }) => user === undefined)
    stage.socket?.emit("auth:revoked", { reason: "logout" })
    await forgotten
    expect(client.status).toEqual({ state: "revoked", reason: "logout", renewing: false })
    expect(stage.bodies("login")).toHaveLength(1)
  })

  it("a merge by event keeps own messages own and the old id working", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([conversation([said(1)])], { user: ben, login: loginResult() })
    const client = newClient(stage.url)
    void client.login(() => jwt("ben"))
    await client.connect()
    const merged = nextEvent(client, "view", ({ aliases }) => aliases.con_old === "con_one")
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
