/** 8: what one user, one address and one app may do how often, and how many sockets and conversations there may be. */
import { randomUUID } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Hub, startHub } from "./harness.ts"
import type { Device } from "./person-device.ts"
import { Refused } from "./person-device.ts"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

const text = { type: "text", text: "x" }

/** What became of so many attempts at once, by code. */
async function outcomes(attempts: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const attempt of await Promise.allSettled(attempts)) {
    if (attempt.status === "rejected" && !(attempt.reason instanceof Refused)) throw attempt.reason
    const code = attempt.status === "fulfilled" ? "done" : attempt.reason.error.code
    found[code] = (found[code] ?? 0) + 1
  }
  return found
}

onBoth("budgets", (world) => {
  it.each<[string, string, (n: number) => object]>([
    ["writes that everybody is told", "profile:update", (n) => ({ name: `name ${n}` })],
    ["new conversations", "conversation:create", () => ({})],
    ["logouts", "logout", () => ({})],
  ])("8 %s have a rate of their own, told with the wait", async (_, command, body) => {
    const app = await world.app({ rateLimits: undefined, conversationMode: "multi" })
    const web = await app.visitor()
    const tries = range(60).map(async (n) => {
      const ack = await web.raw(command, body(n))
      if (!JSON.stringify(ack).includes('"rate_limited"')) return true
      expect(ack).toMatchObject({ error: { retryable: true, retryAfterMs: expect.any(Number) } })
      return false
    })
    const done = (await Promise.all(tries)).filter(Boolean).length
    expect(done).toBeGreaterThan(4)
    expect(done).toBeLessThan(50)
    expect(web.disconnects).toBe(0)
    await (await app.visitor({ deviceId: "calm" })).send("untouched")
  })

  it("8 typing that changes nothing is told once in some seconds, and what changes comes to rest", async () => {
    const app = await world.app()
    const web = await app.member("ann")
    const tablet = await app.member("ann", { deviceId: "tablet" })
    await web.send("hello")
    const received = () => tablet.frames.filter(({ name }) => name === "typing")
    const { conversationId } = web
    for (const _ of range(50)) await web.ask("typing:start", { conversationId })
    await tablet.signal("typing")
    await tablet.roundTrip()
    expect(received()).toHaveLength(1)
    for (const n of range(50)) await web.ask(n % 2 === 0 ? "typing:stop" : "typing:start", { conversationId })
    await web.ask("typing:stop", { conversationId })
    await tablet.until("the end of typing", () => {
      const last = received().at(-1)?.body
      return last !== undefined && JSON.stringify(last).includes('"active":false')
    })
    expect(received().length).toBeLessThan(20)
  })

  it("8 a user's sockets are bounded: the one that was quiet for longest is told and stays away", async () => {
    const app = await world.app({ rateLimits: { sendsPerSecond: 1000, burst: 1000, sockets: 3 } })
    const devices: Device[] = []
    for (const n of range(3)) devices.push(await app.member("ann", { deviceId: `d${n}`, on: 0 }))
    const [first, second, third] = devices as [Device, Device, Device]
    await first.send("not quiet")
    const fourth = await app.member("ann", { deviceId: "d3", on: 0 })
    expect(await second.signal("reconnect")).toMatchObject({ reason: "too_many_sockets" })
    await second.until("its end", () => second.disconnects === 1)
    for (const device of [first, third, fourth]) await device.send(`from ${device.connection.deviceId}`)
    expect([first, third, fourth].map(({ disconnects }) => disconnects)).toEqual([0, 0, 0])
  })

  it("8 a visitor has so many conversations; a repeated one is none, and who signed in has more", async () => {
    const app = await world.app({
      conversationMode: "multi",
      rateLimits: { sendsPerSecond: 1000, burst: 1000, conversations: 3 },
    })
    const web = await app.visitor()
    for (const n of [0, 1, 1, 1, 2]) await web.ask("conversation:create", { localId: `c${n}` })
    expect(await web.code("conversation:create", { localId: "c3" })).toBe("forbidden")
    expect((await web.ask("conversation:list", {})).conversations).toHaveLength(3)
    const member = await app.member("ann")
    for (const n of range(5)) await member.ask("conversation:create", { localId: `c${n}` })
  })

  it("8 anonymous refused: no handshake without a proof, and nothing for who logged out", async () => {
    const app = await world.app({ anonymous: "refuse" })
    expect((await app.refusal()).code).toBe("forbidden")
    const phone = await app.member("ann")
    await phone.send("signed in")
    const { state } = await phone.logout()
    expect(await phone.code("message:send", { localId: "x", content: text })).toBe("forbidden")
    expect((await app.refusal({ sessionToken: state.sessionToken ?? "" })).code).toBe("forbidden")
    await phone.login(app.token("ann"))
    await phone.send("back")
  })
})

describe("budgets of an address", () => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub("embedded", { TRUSTED_PROXIES: "127.0.0.1" })
  })
  afterAll(() => hub.stop())

  it("8 new sessions do not escape: one address stores so much, and the neighbour's sends pass", async () => {
    const { Device } = await import("./person-device.ts")
    const appId = await hub.admin().createApp({})
    const { url } = hub.node(0)
    const at = (address: string): Device =>
      new Device({ url, appId, channel: "web", headers: { "x-forwarded-for": address } })
    const crowd = await Promise.all(range(20).map(() => at("203.0.113.5").open()))
    const content = { type: "text", text: "漢".repeat(4_000) }
    const tries = crowd.flatMap((web) =>
      range(40).map(() => web.ask("message:send", { localId: randomUUID(), content })),
    )
    const { done = 0, rate_limited = 0 } = await outcomes(tries)
    expect(done).toBeGreaterThan(50)
    expect(done).toBeLessThan(300)
    expect(done + rate_limited).toBe(800)
    const neighbour = await at("203.0.113.6").open()
    for (const n of range(50)) await neighbour.ask("message:send", { localId: `${n}`, content })
    for (const device of [...crowd, neighbour]) device.socket.disconnect()
  })
})
