/** Section 1 and [P1], [P3]: drained, killed and restarted while people write. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { THOROUGH } from "../thorough.ts"
import { startHub, VARIANTS } from "./harness.ts"
import type { Device } from "./person-device.ts"
import { range } from "./random.ts"
import { acknowledgement } from "./shapes.ts"
import { type App, expectTrueView, World } from "./world.ts"

const body = (localId: string) => ({ localId, content: { type: "text", text: localId } })

/** Sends until acknowledged, through whatever happens to the connection: a client's outbox. */
async function outbox(device: Device, localId: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    await device.until("a connection", () => device.socket.connected, 20_000)
    const lost = device.disconnects
    const answer = device.raw("message:send", body(localId)).catch(() => undefined)
    const broken = device.until("an end", () => device.disconnects > lost, 20_000).catch(() => undefined)
    const ack = await Promise.race([answer, broken])
    if (ack === undefined) continue
    const { ok } = acknowledgement.parse(ack)
    if (ok) return
  }
  throw new Error(`${localId} was never acknowledged`)
}

async function fresh(app: App): Promise<Device> {
  return await app.member("ann", { deviceId: "fresh", on: 1 })
}

describe.each(VARIANTS)("faults (%s)", (variant) => {
  // Each test ends with every process running again.
  const world = new World(variant, () => startHub(variant))
  beforeAll(() => world.begin())
  afterEach(() => world.judge())
  afterAll(() => world.end())

  it("1 SIGTERM drains: sockets are told and come back, exit 0, nothing is lost", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { reconnection: true })
    await ann.send("before")
    const others = await Promise.all(
      range(10).map((n) => app.visitor({ reconnection: true, deviceId: `d${n}` })),
    )
    const sends = range(30).map((n) => outbox(ann, `send ${n}`))
    const node = world.hub.node(0)
    expect(await node.stop()).toBe(0)
    const received = ann.frames.find(({ name }) => name === "reconnect")
    expect(received?.body).toMatchObject({ afterMs: expect.any(Number), reason: expect.any(String) })
    await world.hub.restart(0)
    await Promise.all(sends)
    for (const device of [ann, ...others]) {
      expect(device.frames.some(({ name }) => name === "reconnect")).toBe(true)
      await device.until(
        "a second ready",
        () => device.frames.filter(({ name }) => name === "ready").length > 1,
      )
    }
    await ann.settle()
    await expectTrueView(ann)
    const texts = (await ann.history(ann.conversationId)).map((message) => message.localId)
    expect(new Set(texts).size).toBe(31)
    expect(texts).toHaveLength(31)
  })

  it("[P1] SIGKILL and restart keep everything that was acknowledged, and repeats land once", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { reconnection: true })
    await ann.send("before")
    const visitor = await app.visitor({ deviceId: "visitor" })
    await visitor.send("anonymous")
    for (const round of range(3)) {
      const acked: string[] = []
      const sends = range(40).map(async (n) => {
        await outbox(ann, `${round} ${n}`)
        acked.push(`${round} ${n}`)
      })
      await ann.until("some acks", () => acked.length > 5)
      await world.hub.node(0).kill()
      await world.hub.restart(0)
      await Promise.all(sends)
    }
    const device = await fresh(app)
    const history = (await device.history(device.conversationId)).map(({ localId }) => localId)
    expect(history).toHaveLength(121)
    expect(new Set(history).size).toBe(121)
    const { sessionToken } = visitor
    const back = await app.visitor({ sessionToken })
    expect(back.userId).toBe(visitor.userId)
    expect(back.view.texts()).toEqual(["anonymous"])
    await ann.settle()
    await expectTrueView(ann)
  })

  it("[P3] SIGKILL in the middle of a login: the next login finds every message once", async () => {
    const app = await world.app()
    const phone = await app.member("ann", { on: 1 })
    await phone.send("phone")
    const expected = ["phone"]
    for (const round of range(2 * THOROUGH)) {
      const web = await app.visitor({ deviceId: `web-${round}` })
      const sent = range(20).map((n) => `web ${round} ${n}`)
      for (const text of sent) await web.send(text, { localId: text })
      const { sessionToken } = web
      const jwt = app.token("ann")
      const login = web.raw("login", { jwt }).catch(() => undefined)
      const during = range(5).map((n) =>
        web.raw("message:send", body(`during ${round} ${n}`)).catch(() => undefined),
      )
      for (const _ of range(2 * round)) await new Promise((resolve) => setImmediate(resolve))
      await world.hub.node(0).kill()
      web.socket.disconnect()
      await world.hub.restart(0)
      const proofs = [{ jwt, sessionToken }, { jwt }]
      for (const proof of proofs) {
        const again = app.closed({ ...proof, deviceId: `web-${round}` })
        await again.open().catch(() => {})
        expect([undefined, "session_consumed"]).toContain(again.refusal?.code)
        if (!again.state) continue
        for (const n of range(5)) await again.ask("message:send", body(`during ${round} ${n}`))
        break
      }
      expected.push(...sent, ...range(5).map((n) => `during ${round} ${n}`))
      void login
      void during
    }
    const device = await fresh(app)
    const all = (await device.fetch()).flatMap(({ messages }) => messages.map((message) => message.localId))
    const texts = (await device.fetch()).flatMap(({ messages }) => messages)
    expect(all).toHaveLength(expected.length)
    expect(texts.map(({ content }) => ("text" in content ? content.text : "")).sort()).toEqual(
      [...expected].sort(),
    )
  })

  it("3.2 markers are stored: read on one device, restart, read on all", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    await ann.send("question")
    await app.say(ann.conversationId, "answer")
    const { position } = await ann.hears("answer")
    await ann.ask("conversation:read", { conversationId: ann.conversationId, position })
    for (const on of range(world.hub.nodes.length)) {
      await world.hub.node(on).kill()
      await world.hub.restart(on)
    }
    expect((await fresh(app)).view.conversations()[0]?.unreadCount).toBe(0)
  })

  // An embedded store has one node.
  if (variant === "embedded") return

  it("[P6] one node dies, its people go on at the other; nothing is missing on any device", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { on: 0 })
    const phone = await app.member("ann", { on: 1 })
    await ann.send("before")
    await phone.shows("before")
    await world.hub.node(0).kill()
    await phone.send("missed")
    const back = await app.member("ann", { ...ann.leave(), on: 1 })
    expect(back.state?.resumed).toBe(true)
    await back.shows("missed")
    await back.send("after")
    await phone.shows("after")
    await expectTrueView(phone)
    await world.hub.restart(0)
  })

  it("1 ready is 503 while the store is away, and events flow again when it is back", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { on: 0 })
    const phone = await app.member("ann", { on: 1 })
    await ann.send("before")
    const { url } = world.hub.node(0)
    const until = async (status: number): Promise<void> => {
      const end = Date.now() + 20_000
      while ((await fetch(`${url}/health/ready`)).status !== status)
        if (Date.now() > end) throw new Error(`ready never answered ${status}`)
    }
    await world.hub.redis?.kill()
    await until(503)
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    expect(await ann.refused("message:send", body("away"))).toMatchObject({
      code: "unavailable",
      retryable: true,
    })
    await world.hub.redis?.restart()
    await until(200)
    await outbox(ann, "away")
    await phone.shows("away")
    await expectTrueView(phone)
  })
})
