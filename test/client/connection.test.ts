/** The connection to a hub that refuses, cuts off and leaves holes: the client comes back with what it missed. */
import { describe, expect, it } from "vitest"
import { memoryStorage } from "../../src/client/client.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { answered, messageEvent, state } from "./sample-views.ts"
import { newClient, nextEvent, openStage, refusal, status } from "./scripted-hub.ts"
import { TestClock } from "./test-clock.ts"

/** The hub says the head of its feed every 25 s, and has a moment to do so. */
const BEAT_MS = 27_000

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
    const error = nextEvent(client, "error")
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
        ? { ...rest, resumed: true, events: [messageEvent(2, answered(3))], cursor: "c2" }
        : state()
    }
    const client = newClient(stage.url)
    await client.connect()
    const missed = nextEvent(client, "message", ({ id }) => id === "msg_3")
    const first = nextEvent(client, "message")
    stage.socket?.emit("event", messageEvent(1, answered(2)))
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
        : { ok: true, result: { resumed: true, events: [messageEvent(2, answered(3))], cursor: "c2" } }
    }
    const stale = nextEvent(client, "status", ({ state }) => state === "stale")
    stage.socket?.emit("event", messageEvent(1, answered(2)))
    stage.socket?.emit("event", messageEvent(3, answered(4)))
    await stale
    expect(client.view.conversations[0]?.messages).toHaveLength(1)
    await status(client, "live")
    expect(client.view.conversations[0]?.messages.map(({ id }) => id)).toEqual(["msg_2", "msg_3", "msg_4"])
    expect(stage.bodies("sync")[0]).toEqual({ cursor: "c1" })
  })

  it("starts anew when the visitor's session is invalid, and takes their drafts along", async () => {
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

  it("is not live any more once a hub has been silent for a beat, the first one too, until it answers", async () => {
    const stage = await openStage()
    const clock = new TestClock()
    const client = newClient(stage.url, {
      clock: {
        now: systemClock.now,
        after: (ms, run) => (ms < BEAT_MS ? systemClock : clock).after(ms, run),
      },
    })
    await client.connect()
    stage.answer = (name) =>
      name === "sync" ? { ok: true, result: { resumed: true, events: [], cursor: "c0" } } : undefined
    clock.pass(BEAT_MS)
    expect(client.status).toMatchObject({ state: "stale" })
    await status(client, "live")

    const afterHead = nextEvent(client, "presence")
    stage.socket?.emit("head", { offset: 0 })
    stage.socket?.emit("presence", { agentsOnline: true })
    await afterHead
    stage.answer = (name) => (name === "sync" ? "silence" : undefined)
    clock.pass(BEAT_MS - 1)
    expect(client.status).toMatchObject({ state: "live" })
    clock.pass(1)
    expect(client.status).toMatchObject({ state: "stale" })
    await status(client, "waiting")
  })
})
