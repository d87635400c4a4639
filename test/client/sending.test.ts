/** What was typed is stored once and in order, whatever a broken hub does to the acknowledgements. */
import { describe, expect, it } from "vitest"
import { memoryStorage } from "../../src/client/client.ts"
import { messageEvent, state, textsOf } from "./sample-views.ts"
import { newClient, nextEvent, openStage, refusal } from "./scripted-hub.ts"

describe("the outbox", () => {
  it("sends what was typed before there was a connection, in order, each once", async () => {
    const stage = await openStage()
    const client = newClient(stage.url)
    const sent = ["a", "b", "c"].map((text) => client.send({ text }))
    expect(client.view.outgoing.map(({ status }) => status)).toEqual(["pending", "pending", "pending"])
    await client.connect()
    await Promise.all(sent)
    expect(textsOf(stage.stored)).toEqual(["a", "b", "c"])
    expect(client.view.outgoing).toEqual([])
    expect(textsOf(client.view.conversations[0]?.messages ?? [])).toEqual(["a", "b", "c"])
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
    expect(textsOf(stage.stored)).toEqual(["a", "b", "c"])
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
      socket.emit("event", messageEvent(stage.stored.length, result.message))
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
    await nextEvent(client, "view", ({ outgoing }) => outgoing.length === 0)
    expect(textsOf(stage.stored)).toEqual(["typed before", "typed after"])
    expect(await storage.get("tributary:app:outbox")).toBeUndefined()
  })
})
