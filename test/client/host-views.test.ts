import { describe, expect, it } from "vitest"
import { memoryStorage } from "../../src/client/client.ts"
import { jwt } from "./given.ts"
import { answered, conversation, event, person, said, state } from "./sample-views.ts"
import { newClient, nextEvent, openStage, refusal, status } from "./scripted-hub.ts"

describe("what a host draws", () => {
  it("counts what is unread, and shows who types and whether agents are there", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([conversation([said(1), answered(2)], { unreadCount: 1 })])
    const client = newClient(stage.url)
    await client.connect()
    expect(client.view).toMatchObject({ unread: 1, typing: {} })
    expect(client.view.agentsOnline).toBeUndefined()
    const author = { type: "agent" as const, id: "ada" }
    const shown = nextEvent(client, "view", ({ typing }) => typing.con_one?.length === 1)
    stage.socket?.emit("presence", { agentsOnline: true })
    stage.socket?.emit("typing", { conversationId: "con_one", author, active: true })
    expect(await shown).toMatchObject({ agentsOnline: true, typing: { con_one: [author] } })
    const over = nextEvent(client, "view", ({ typing }) => Object.keys(typing).length === 0)
    stage.socket?.emit("typing", { conversationId: "con_one", author, active: false })
    await over
  })

  it("hears of a merge", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([conversation([said(1)])])
    const client = newClient(stage.url)
    await client.connect()
    const merged = nextEvent(client, "merge")
    const surviving = person("usr_ben", "ben")
    stage.socket?.emit(
      "event",
      event(1, "user:merge", {
        reason: "helpCenter",
        mergedUsers: { surviving, discarded: { id: "usr_anna" } },
        mergedConversations: [],
        conversations: [],
      }),
    )
    expect(await merged).toEqual({
      ...{ reason: "helpCenter", surviving, discarded: { id: "usr_anna" }, conversations: [] },
    })
  })

  it("asks for the whole state after a merge of more conversations than its event can name", async () => {
    const stage = await openStage()
    stage.onHandshake = () => state([conversation([said(1)])])
    const brought = { ...conversation([answered(8)]), id: "con_brought" }
    stage.answer = (name, { cursor }) => {
      if (name !== "sync") return undefined
      if (cursor === "later") return { ok: true, result: { resumed: true, events: [], cursor } }
      const whole = { ...state([conversation([said(1)]), brought]), cursor: "later" }
      return { ok: true, result: { resumed: false, state: whole } }
    }
    const client = newClient(stage.url)
    await client.connect()
    const whole = nextEvent(client, "view", ({ conversations }) => conversations.length === 2)
    stage.socket?.emit(
      "event",
      event(1, "user:merge", {
        reason: "api",
        mergedUsers: { surviving: person("usr_ben", "ben"), discarded: { id: "usr_anna" } },
        mergedConversations: [],
        conversations: [],
        more: true,
      }),
    )
    expect((await whole).conversations.map(({ id }) => id)).toContain("con_brought")
    expect(stage.bodies("sync")[0]).toEqual({ cursor: "anew" })
  })

  it("hears of a sign-in by the help centre's cookie", async () => {
    const stage = await openStage()
    const login = { outcome: "signed_in" as const, expiresAt: 9 }
    stage.onHandshake = () => state([], { user: person("usr_ben", "ben"), login })
    const client = newClient(stage.url, { helpCenter: true })
    const signedIn = nextEvent(client, "auth")
    await client.connect()
    expect(await signedIn).toMatchObject({ type: "login", via: "helpCenter", ...login })
    expect(stage.handshakes[0]).toMatchObject({ helpCenter: true })
  })

  it("is a visitor without a sign-in at the help centre, and after a sign-out there", async () => {
    const stage = await openStage()
    stage.onHandshake = ({ helpCenter }) =>
      helpCenter ? refusal("forbidden").error : state([], { sessionToken: "session" })
    const client = newClient(stage.url, { helpCenter: true })
    await client.connect()
    expect(client.view.user?.authenticated).toBe(false)
    expect(stage.handshakes.map(({ helpCenter }) => helpCenter)).toEqual([true, undefined])
  })

  it("gets each new message of a full state as an event, and a gap where there may be more", async () => {
    const stage = await openStage()
    stage.onHandshake = (_, attempt) =>
      attempt === 1
        ? state([conversation([said(1), answered(2)])])
        : state([conversation([answered(8), answered(9)], { more: true })])
    const client = newClient(stage.url)
    await client.connect()
    const seen: string[] = []
    client.on("message", ({ id }) => seen.push(id))
    const gap = nextEvent(client, "gap")
    stage.cut()
    expect(await gap).toEqual({ conversationId: "con_one", after: said(2).position })
    expect(seen).toEqual(["msg_8", "msg_9"])
  })
})

describe("after a reload, while the hub is away,", () => {
  it("[P4] drafts of a signed-in user are shown to them alone, once the host says who is there", async () => {
    const stage = await openStage()
    const storage = memoryStorage()
    stage.onHandshake = () =>
      state([], { user: person("usr_ben", "ben"), login: { outcome: "signed_in", expiresAt: 9 } })
    stage.answer = () => "silence"
    const before = newClient(stage.url, { storage })
    before.login(() => jwt("ben"))
    await before.connect()
    before.send({ text: "of ben" })
    before.close()
    stage.onHandshake = () => refusal("unavailable", true).error
    for (const [name, shown] of [
      ["cleo", 0],
      ["ben", 1],
    ] as const) {
      const client = newClient(stage.url, { storage })
      client.login(() => jwt(name))
      client.connect()
      await status(client, "waiting")
      expect(client.view.outgoing).toHaveLength(shown)
      client.close()
    }
  })
})

describe("the outbox of a host", () => {
  it("names a message before it is sent, by the host's name or its own, and sends one name once", async () => {
    const stage = await openStage()
    const client = newClient(stage.url)
    const own = client.send({ text: "a" })
    const named = client.send({ text: "b", localId: "mine" })
    const again = client.send({ text: "b", localId: "mine" })
    expect(client.view.outgoing.map(({ localId }) => localId)).toEqual([own.localId, "mine"])
    await client.connect()
    expect((await again).id).toBe((await named).id)
    await own
    expect(stage.stored).toHaveLength(2)
  })

  it("pipelines: what waits goes without waiting for each answer", async () => {
    const stage = await openStage()
    stage.answer = (name) => (name === "message:send" ? "silence" : undefined)
    const client = newClient(stage.url, { timeoutMs: 5_000 })
    for (let n = 0; n < 40; n += 1) client.send({ text: `${n}` })
    await client.connect()
    await expect.poll(() => stage.bodies("message:send").length).toBe(16)
    expect(client.view.outgoing.filter((each) => each.status === "sending")).toHaveLength(16)
  })

  it("takes back what was never sent, and nothing that may be stored", async () => {
    const stage = await openStage()
    stage.answer = () => "silence"
    const client = newClient(stage.url, { timeoutMs: 5_000 })
    const never = client.send({ text: "never" })
    expect(client.cancel(never.localId)).toBe(true)
    await expect(never).rejects.toMatchObject({ code: "cancelled" })
    const sent = client.send({ text: "sent" })
    await client.connect()
    await expect.poll(() => stage.bodies("message:send").length).toBe(1)
    expect(client.cancel(sent.localId)).toBe(false)
    expect(stage.bodies("message:send").map(({ localId }) => localId)).toEqual([sent.localId])
  })

  it("tries a failed message again under its own name", async () => {
    const stage = await openStage()
    stage.answer = () => refusal("bad_request")
    const client = newClient(stage.url)
    await client.connect()
    const first = client.send({ text: "a" })
    await expect(first).rejects.toMatchObject({ code: "bad_request" })
    stage.answer = () => undefined
    const second = client.retry(first.localId)
    expect((await second)?.localId).toBe(first.localId)
    expect(client.retry(first.localId)).toBeUndefined()
  })
})

describe("the head of the feed", () => {
  it("that is beyond what came says that events are missing, and they are fetched", async () => {
    const stage = await openStage()
    stage.answer = (name) =>
      name === "sync"
        ? {
            ok: true,
            result: {
              resumed: true,
              cursor: "c2",
              events: [event(2, "conversation:message", { conversationId: "con_one", message: answered(3) })],
            },
          }
        : undefined
    const client = newClient(stage.url)
    await client.connect()
    const first = nextEvent(client, "message")
    const data = { conversationId: "con_one", message: answered(2) }
    stage.socket?.emit("event", event(1, "conversation:message", data))
    await first
    const missed = nextEvent(client, "message", ({ id }) => id === "msg_3")
    stage.socket?.emit("head", { offset: 2 })
    await missed
    await status(client, "live")
    expect(stage.bodies("sync")).toEqual([{ cursor: "c1" }])
    stage.socket?.emit("head", { offset: 2 })
    await client.read("con_one", "0")
    expect(stage.bodies("sync")).toHaveLength(1)
  })
})
