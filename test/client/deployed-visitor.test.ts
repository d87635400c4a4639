/** A visitor's client against the hub as it is deployed; what only a broken hub does is in `connection.test.ts`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { memoryStorage } from "../../src/client/client.ts"
import { type Hub, startHub } from "../acceptance/harness.ts"
import { newApp, shows, texts } from "./deployed-hub.ts"
import { nextEvent } from "./scripted-hub.ts"

let hub: Hub
beforeAll(async () => {
  hub = await startHub("embedded")
})
afterAll(async () => {
  await hub?.stop()
})

describe("a visitor", () => {
  it("writes before they are connected, and reads the answer", async () => {
    const { client: open, say } = await newApp(hub)
    const client = open()
    const first = client.send({ text: "hello" })
    expect(client.view.outgoing).toMatchObject([{ status: "pending" }])
    await client.connect()
    const { conversationId } = await first
    await say(conversationId, "good day")
    await shows(client, "hello", "good day")
    expect(client.view).toMatchObject({ outgoing: [], conversations: [{ unreadCount: 1 }] })
    const { position } = client.view.conversations[0]?.messages.at(-1) ?? { position: "" }
    const read = nextEvent(client, "view", ({ conversations }) => conversations[0]?.unreadCount === 0)
    expect(await client.read(conversationId, position)).toEqual({ unreadCount: 0 })
    await read
  })

  it("is the same visitor after a reload, with what they had typed", async () => {
    const { client: open } = await newApp(hub)
    const storage = memoryStorage()
    const before = open({ storage })
    await before.connect()
    await before.send({ text: "one" })
    const { user } = before.view
    before.disconnect()
    void before.send({ text: "two" }).catch(() => undefined)
    before.close()
    const after = open({ storage })
    await after.connect()
    await shows(after, "one", "two")
    expect(after.view.user).toEqual(user)
  })

  it("comes back with exactly what they missed", async () => {
    const { client: open, say } = await newApp(hub)
    const client = open()
    await client.connect()
    const { conversationId } = await client.send({ text: "one" })
    await shows(client, "one")
    client.disconnect()
    for (const text of ["two", "three"]) await say(conversationId, text)
    await client.connect()
    await shows(client, "one", "two", "three")
    expect(client.view.conversations[0]?.unreadCount).toBe(2)
  })

  it("is told what the hub refuses, and goes on", async () => {
    const client = (await newApp(hub)).client()
    await client.connect()
    const poison = client.send({ text: "x".repeat(5000) })
    const good = client.send({ text: "good" })
    await expect(poison).rejects.toMatchObject({ code: "bad_request" })
    await good
    expect(client.view.outgoing).toMatchObject([{ status: "failed" }])
  })
})

describe("many conversations", () => {
  it("are created, listed and paged", async () => {
    const client = (await newApp(hub, { conversationMode: "multi" })).client()
    await client.connect()
    const { id } = await client.createConversation({ metadata: { topic: "tea" } })
    for (let n = 0; n < 12; n += 1) await client.send({ conversationId: id, text: `${n}` })
    const other = await client.createConversation()
    await client.send({ conversationId: other.id, text: "other" })
    const page = await client.messages(id, { limit: 5 })
    expect(page).toMatchObject({ messages: { length: 5 }, more: true })
    const { conversations } = await client.conversations({ limit: 10 })
    expect(conversations.map((each) => each.id)).toEqual([other.id, id])
  })
})

describe("the hub", () => {
  it("may be stopped and started: the client is back by itself, and nothing is lost or doubled", async () => {
    const { client: open } = await newApp(hub)
    const client = open()
    await client.connect()
    await client.send({ text: "before" })
    const away = nextEvent(client, "status", ({ state }) => state === "waiting")
    await hub.node(0).kill()
    await away
    const sent = [client.send({ text: "while away" }), client.send({ text: "and again" })]
    await hub.restart(0)
    await Promise.all(sent)
    await shows(client, "before", "while away", "and again")
    const fresh = nextEvent(client, "view")
    client.disconnect()
    await client.connect()
    await fresh
    expect(texts(client)).toEqual(["before", "while away", "and again"])
  })
})
