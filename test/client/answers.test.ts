/** What every call answers, whatever state the client is in; and that none of them ends a process. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { describe, expect, it, onTestFinished } from "vitest"
import { type Client, memoryStorage } from "../../src/client/client.ts"
import { jwt } from "./given.ts"
import { state } from "./sample-views.ts"
import { type HubSocket, newClient, nextEvent, openStage, refusal } from "./scripted-hub.ts"

/** Every call that answers with a promise. */
const calls = (client: Client): Record<string, Promise<unknown>> => ({
  connect: client.connect(),
  login: client.login(() => jwt("ben")),
  logout: client.logout({ everywhere: true }),
  send: client.send({ text: "hello" }),
  messages: client.messages("con_one"),
  conversations: client.conversations(),
  createConversation: client.createConversation(),
  read: client.read("con_one", "0"),
  updateProfile: client.updateProfile({ name: "Ann" }),
})

const codes = async (promises: Record<string, Promise<unknown>>): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(promises).map(async ([name, promise]) => [
        name,
        await promise.then(
          () => "done",
          ({ code }: { code: string }) => code,
        ),
      ]),
    ),
  )

const REQUESTS = ["messages", "conversations", "createConversation", "read", "updateProfile"]
const requestsOf = (client: Client): Record<string, Promise<unknown>> => {
  const all = {
    messages: client.messages("con_one"),
    conversations: client.conversations(),
    createConversation: client.createConversation(),
    read: client.read("con_one", "0"),
    updateProfile: client.updateProfile({ name: "Ann" }),
  }
  expect(Object.keys(all)).toEqual(REQUESTS)
  return all
}

describe("after close", () => {
  it("everything rejects with `closed`, what was begun before too, and nothing comes back", async () => {
    const stage = await openStage()
    stage.answer = () => "silence"
    const client = newClient(stage.url)
    await client.connect()
    const before = { send: client.send({ text: "a" }), messages: client.messages("con_one") }
    client.close()
    expect(new Set(Object.values(await codes({ ...before, ...calls(client) })))).toEqual(new Set(["closed"]))
    expect(client.status).toEqual({ state: "closed" })
    expect(stage.handshakes).toHaveLength(1)
  })

  it("a `connect` and a `login` that are under way do, too", async () => {
    const stage = await openStage()
    const client = newClient(stage.url)
    const before = { connect: client.connect(), login: client.login(() => jwt("ben")) }
    client.close()
    expect(await codes(before)).toEqual({ connect: "closed", login: "closed" })
  })
})

describe("no call ends a process when its promise is dropped", () => {
  it("whatever it is refused with", async () => {
    const unhandled: unknown[] = []
    const listen = (cause: unknown): void => void unhandled.push(cause)
    process.on("unhandledRejection", listen)
    onTestFinished(() => void process.off("unhandledRejection", listen))
    const stage = await openStage()
    stage.answer = () => refusal("bad_request")
    const client = newClient(stage.url)
    await client.connect()
    calls(client)
    client.send({ text: "x".repeat(70_000) })
    client.retry("nobody")
    await nextEvent(client, "view", ({ outgoing }) =>
      outgoing.some((each) => each.status === "failed"),
    ).catch(() => undefined)
    client.close()
    calls(client)
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  })
})

describe("requests answer at once what stands in their way:", () => {
  it("offline, before `connect` and after `disconnect`", async () => {
    const stage = await openStage()
    const client = newClient(stage.url)
    const offline = Object.fromEntries(REQUESTS.map((name) => [name, "offline"]))
    expect(await codes(requestsOf(client))).toEqual(offline)
    await client.connect()
    client.disconnect()
    expect(await codes(requestsOf(client))).toEqual(offline)
  })

  it("offline, while the hub cannot be reached", async () => {
    const client = newClient("http://127.0.0.1:9")
    client.connect()
    await nextEvent(client, "status", (now) => now.state === "waiting" && now.attempt > 1)
    expect(new Set(Object.values(await codes(requestsOf(client))))).toEqual(new Set(["offline"]))
  })

  it.each([
    ["auth:required", "session_consumed", (hub) => hub.emit("auth:required", { reason: "session_moved" })],
    ["auth:expired", "token_expired", (hub) => hub.emit("auth:expired", {})],
    ["auth:revoked", "token_revoked", (hub) => hub.emit("auth:revoked", { reason: "key_deleted" })],
  ] as readonly [string, string, (hub: HubSocket) => void][])("after %s", async (_, code, say) => {
    const stage = await openStage()
    const client = newClient(stage.url)
    await client.connect()
    if (stage.socket) say(stage.socket)
    await nextEvent(client, "status", (now) => "renewing" in now && !now.renewing)
    expect(new Set(Object.values(await codes(requestsOf(client))))).toEqual(new Set([code]))
  })
})

describe("connect", () => {
  it("after disconnect resolves with the next state, not with the last one", async () => {
    const stage = await openStage()
    const client = newClient(stage.url)
    await client.connect()
    client.disconnect()
    await client.connect()
    expect(stage.handshakes).toHaveLength(2)
    expect(client.status).toEqual({ state: "live" })
    await client.connect()
    expect(stage.handshakes).toHaveLength(2)
  })

  it("rejects if disconnect comes first", async () => {
    const client = newClient("http://127.0.0.1:9")
    const connecting = client.connect()
    client.disconnect()
    await expect(connecting).rejects.toMatchObject({ code: "offline" })
  })

  it("takes the path of a URL as that of Socket.IO", async () => {
    const http = createServer().listen(0, "127.0.0.1")
    await once(http, "listening")
    const io = new Server(http, { path: "/chat/socket.io", transports: ["websocket"], serveClient: false })
    onTestFinished(() => io.close())
    io.of("/messaging").on("connection", (socket) => socket.emit("ready", state()))
    // `listen` on a port gives an AddressInfo.
    const client = newClient(`http://127.0.0.1:${(http.address() as AddressInfo).port}/chat/`)
    await client.connect()
    expect(client.status).toEqual({ state: "live" })
  })

  it("stays away from what is no hub", async () => {
    const http = createServer().listen(0, "127.0.0.1")
    await once(http, "listening")
    const io = new Server(http, { transports: ["websocket"], serveClient: false })
    onTestFinished(() => io.close())
    const client = newClient(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
    await expect(client.connect()).rejects.toMatchObject({ code: "not_a_hub" })
    expect(client.status).toMatchObject({ state: "refused" })
  })
})

describe("a URL of no hub", () => {
  it.each(["ftp://127.0.0.1", "file:///chat", "chat.example.com:443", "localhost:8080"])(
    "%s is refused at once",
    async (url) => {
      const client = newClient(url)
      await expect(client.connect()).rejects.toMatchObject({ code: "not_a_hub", retryable: false })
      expect(client.status).toMatchObject({ state: "refused" })
    },
  )
})

describe("a storage", () => {
  it("that never answers is given up on after a second, and the host is told", async () => {
    const stage = await openStage()
    const never = (): Promise<never> => new Promise(() => undefined)
    const client = newClient(stage.url, { storage: { get: never, set: never, remove: never } })
    const received = nextEvent(client, "error")
    await client.connect()
    expect(await received).toMatchObject({ code: "storage_unavailable" })
    await client.send({ text: "all the same" })
  })

  it("is that of one hub: another one's session is not touched", async () => {
    const [one, other] = [await openStage(), await openStage()]
    const storage = memoryStorage()
    one.onHandshake = () => state([], { sessionToken: "of one" })
    await newClient(one.url, { storage }).connect()
    await newClient(other.url, { storage }).connect()
    expect(other.handshakes[0]?.sessionToken).toBeUndefined()
  })
})
