/** 2: what a stranger's connection may do before it is told to wait, and when it is ended. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { frame, Stranger, times } from "../abuse/stranger.ts"
import { type Hub, startHub } from "./harness.ts"
import { inParallel, range } from "./random.ts"
import { type App, onBoth } from "./world.ts"

const READY = '42/messaging,["ready",'
const auth = (app: { id: string }): string => JSON.stringify({ v: 1, appId: app.id, channel: "web" })

async function arrive(url: string, address?: string): Promise<Stranger> {
  const stranger = new Stranger({ url, ...(address !== undefined && { address }) })
  await stranger.text("0{")
  return stranger
}

async function welcomed(url: string, app: { id: string }, address?: string): Promise<Stranger> {
  const stranger = await arrive(url, address)
  await stranger.write(frame(`40/messaging,${auth(app)}`))
  await stranger.text(READY)
  return stranger
}

/** Whether the hub ends the connection in time. */
async function ends(stranger: Stranger, within = 5_000): Promise<boolean> {
  await stranger.text("never said", within)
  return stranger.ended
}

onBoth("strangers", (world) => {
  const usual = (): Promise<App> => world.app({ rateLimits: undefined })

  it.each([
    ["a CONNECT to the root", "40"],
    ["a CONNECT to the root by name", "40/,{}"],
    ["a CONNECT to a namespace that is none", "40/shop,{}"],
    ["a CONNECT with a query", "40/messaging?x=1,{}"],
    ["a packet to a namespace that is none", '42/shop,1["sync",{}]'],
    ["an acknowledgement of nothing", "43/messaging,1[]"],
    ["a refusal from the client", "44/messaging,{}"],
    ["a packet that announces buffers", '451-/messaging,1["sync",{"_placeholder":true,"num":0}]'],
    ["an acknowledgement that announces buffers", '461-/messaging,1[{"_placeholder":true,"num":0}]'],
    ["no packet at all", "4nonsense"],
  ])("2 %s closes the connection", async (_, packet) => {
    const app = await usual()
    const { url } = world.hub.node(0)
    const before = await arrive(url)
    await before.write(frame(packet))
    expect(await ends(before)).toBe(true)
    const after = await welcomed(url, app)
    await after.write(frame(packet))
    expect(await ends(after)).toBe(true)
  })

  it("2 a second CONNECT beside a living one closes the connection; one after a refusal does not", async () => {
    const app = await usual()
    const { url } = world.hub.node(0)
    const twice = await welcomed(url, app)
    await twice.write(frame(`40/messaging,${auth(app)}`))
    expect(await ends(twice)).toBe(true)
    const again = await arrive(url)
    await again.write(frame('40/messaging,{"v":1,"appId":"nobody","channel":"web"}'))
    expect(await again.text("44/messaging,")).toContain("app_not_found")
    await again.write(frame(`40/messaging,${auth(app)}`))
    expect(await again.text(READY)).toBeDefined()
    again.end()
  })

  it.each([
    ["unknown commands", '42/messaging,1["nothing",{}]'],
    ["commands named like a field of every object", '42/messaging,1["constructor",{}]'],
    ["commands without an acknowledgement", '42/messaging,["sync",{"cursor":"x"}]'],
    ["refused commands", '42/messaging,1["message:send",{}]'],
    ["reads", '42/messaging,1["conversation:list",{}]'],
    ["heartbeats", "3"],
  ])("2 who goes on with %s after rate_limited is cut, and nobody else", async (_, packet) => {
    const app = await usual()
    const other = await app.visitor()
    const stranger = await welcomed(world.hub.node(0).url, app)
    const answered = packet.includes(",1[")
    let received = ""
    let hear = (): void => undefined
    stranger.onText = (text) => {
      if (text.includes('"rate_limited"')) received = text
      hear()
    }
    const block = times(50, () => packet)
    const ended = ends(stranger)
    for (let blocks = 0; blocks < 4_000 && (await stranger.write(block)); blocks += 1) {
      // The connection is reset in the end, and with it goes what the kernel still held: so the refusal is read first.
      if (answered && received === "")
        await Promise.race([ended, new Promise<void>((resolve) => (hear = resolve))])
    }
    expect(await ends(stranger)).toBe(true)
    if (answered) expect(received).toMatch(/"retryAfterMs":\d+/)
    await other.send("untouched")
    expect(other.disconnects).toBe(0)
  })

  it("2 a frame in thousands of pieces ends its connection, also where its app lets it work more", async () => {
    const app = await world.app()
    const stranger = await welcomed(world.hub.node(0).url, app)
    const slow = frame("x".repeat(255_000))
    await stranger.write(slow.subarray(0, 14))
    // One by one: what is written faster than a busy hub reads comes as one piece.
    for (let at = 14; at < 20_000 && (await stranger.write(slow.subarray(at, at + 1))); at += 1)
      await new Promise((resolve) => setTimeout(resolve, 1))
    expect(await ends(stranger)).toBe(true)
  })

  it.each([
    ["a probe", frame("2probe")],
    ["an upgrade", frame("5")],
    ["what means nothing", frame("6")],
    ["a frame without a mask", Buffer.from([0x81, 1, 0x32])],
  ])("2 %s, which no client of the engine sends, ends its connection", async (_, packet) => {
    const stranger = await welcomed(world.hub.node(0).url, await usual())
    await stranger.write(packet)
    expect(await ends(stranger)).toBe(true)
  })

  it("2 who reads no answers is cut, whatever the answers are", async () => {
    const app = await usual()
    for (const packet of [
      '42/messaging,1["nothing",{}]',
      '42/messaging,1["conversation:list",{"limit":1}]',
    ]) {
      const stranger = await welcomed(world.hub.node(0).url, app)
      stranger.deafen()
      const block = times(200, () => packet)
      for (let blocks = 0; blocks < 2_000 && (await stranger.write(block)); blocks += 1);
      expect(stranger.ended).toBe(true)
    }
  })
})

/** On a slow machine an office may be told to wait a moment; who does so is answered. */
async function greet(person: Stranger): Promise<void> {
  const body = { localId: "hello", content: { type: "text", text: "Good morning" } }
  const end = Date.now() + 30_000
  for (let ack = 7; ; ack += 1) {
    await person.write(frame(`42/messaging,${ack}${JSON.stringify(["message:send", body])}`))
    const answer = await person.text(`43/messaging,${ack}[`)
    const waitMs = Number(/"rate_limited".*"retryAfterMs":(\d+)/.exec(answer ?? "")?.[1])
    if (!(Date.now() + waitMs < end)) {
      expect(answer ?? `none; heard ${person.texts.join(" ")}`).toContain('"ok":true')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

describe("addresses", () => {
  let hub: Hub
  let app: { id: string }
  beforeAll(async () => {
    hub = await startHub("embedded", {
      TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8",
      CONNECTIONS_PER_ADDRESS: "250",
    })
    app = { id: await hub.admin().createApp({}) }
  })
  afterAll(() => hub.stop())

  it("8 an office of 200 people behind one address gets in at once, and everybody is answered", async () => {
    const { url } = hub.node(0)
    const office: Stranger[] = []
    await inParallel(range(200), 50, async () => {
      office.push(await welcomed(url, app, "203.0.113.9"))
    })
    await inParallel(office, 50, greet)
    expect(office.filter(({ ended }) => ended)).toEqual([])
    for (const person of office) person.end()
  })

  it("8 one address holds so many connections and no more; another one is not asked to wait", async () => {
    const { url } = hub.node(0)
    const crowd = await Promise.all(range(300).map(() => arrive(url, "203.0.113.10, 10.1.1.1")))
    expect(crowd.filter(({ ended }) => !ended)).toHaveLength(250)
    expect((await welcomed(url, app, "203.0.113.11")).ended).toBe(false)
    for (const each of crowd) each.end()
  })

  it("8 what a client claims of itself beyond the proxies counts for nothing", async () => {
    const { url } = hub.node(0)
    const crowd = await Promise.all(range(300).map((n) => arrive(url, `198.51.100.${n % 250}, 203.0.113.12`)))
    expect(crowd.filter(({ ended }) => !ended)).toHaveLength(250)
    for (const each of crowd) each.end()
  })
})
