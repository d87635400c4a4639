/**
 * [P4] A fail-over that loses the record of what a token proved: what a socket proved holds only as long as a record says
 * so, and what the lost record's owner wrote is shown to no socket that has not proven it.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Device } from "../acceptance/person-device.ts"
import { acknowledgement, type Message } from "../acceptance/shapes.ts"
import { nowSeconds } from "../acceptance/tokens.ts"
import { type App, World } from "../acceptance/world.ts"
import { eventually } from "./eventually.ts"
import { startHubOver } from "./hub-over.ts"
import { type Pair, startPair } from "./redis-pair.ts"

let pair: Pair
let world: World
let app: App

beforeEach(async () => {
  pair = await startPair(2)
  const urls = pair.proxies.map(({ port }) => `redis://127.0.0.1:${port}`)
  world = new World("redis", () => startHubOver(urls, {}, () => pair.stop()))
  await world.begin()
  app = await world.app()
})
afterEach(() => world.end())

const text = (localId: string) => ({ localId, content: { type: "text", text: localId } })

/** Once the node has its store again; `undefined` where the hub refuses. */
async function sent(device: Device, localId: string): Promise<Message | undefined> {
  let message: Message | undefined
  await eventually("an answer that is not `unavailable`", async () => {
    const ack = acknowledgement.parse(await device.raw("message:send", text(localId)))
    if (!ack.ok) return ack.error.code !== "unavailable"
    // The boundary: the shape of the result was judged when it came.
    message = (ack.result as { message: Message }).message
    return true
  })
  return message
}

describe("a fail-over that loses the tail of the log", () => {
  it("[P4] an upgrade is lost: nothing more is stored as proven without a record that says so", async () => {
    const web = await app.visitor()
    await web.send("anonymous")
    const { userId } = web
    await pair.replicated()
    await pair.sever()
    expect((await web.login(app.token("ann"))).outcome).toBe("upgraded")
    await pair.failOver()
    const message = await sent(web, "after the fail-over")
    if (message?.authenticated) {
      const person = await app.holder("ann")
      expect(person.authenticated, "the record of who wrote as proven").toBe(true)
      expect((await app.user(userId)).externalId).toBe("ann")
    }
  })

  it("[P4] an upgrade is lost: the old anonymous token reads nothing that was written as proven", async () => {
    const web = await app.visitor()
    await web.send("anonymous")
    const { sessionToken } = web
    await pair.replicated()
    await pair.sever()
    await web.login(app.token("ann"))
    await pair.failOver()
    const message = await sent(web, "after the fail-over")
    const thief = app.closed({ sessionToken, deviceId: "thief" })
    await thief.open().catch(() => undefined)
    const seen = thief.view.conversations().flatMap(({ messages }) => messages)
    expect(seen.filter(({ authenticated }) => authenticated)).toEqual([])
    if (message?.authenticated) expect(thief.view.has(message.id)).toBe(false)
  })

  it("[P3] an upgrade is lost: the next sign-in, on the same socket or on a parked one, brings the visitor's history", async () => {
    for (const [name, parked] of [
      ["dora", false],
      ["emil", true],
    ] as const) {
      const web = await app.visitor()
      await web.send(`of ${name}`)
      const tab = await app.visitor({ sessionToken: web.sessionToken, deviceId: web.deviceId })
      await pair.replicated()
      await pair.sever()
      expect((await web.login(app.token(name))).outcome).toBe("upgraded")
      await tab.signal("auth:required")
      await pair.failOver()
      await pair.replicate()
      const again = parked ? tab : web
      await eventually("a sign-in that is answered", () =>
        again.login(app.token(name)).then(
          () => true,
          () => false,
        ),
      )
      const other = await app.member(name, { deviceId: "another" })
      expect(again.view.texts()).toContain(`of ${name}`)
      expect(other.view.texts()).toContain(`of ${name}`)
      expect(other.userId).toBe(again.userId)
    }
  })

  it("[P1] [P4] a new person is lost: what they write then is theirs at the next sign-in, and they are one person", async () => {
    await pair.replicated()
    await pair.sever()
    const phone = await app.member("bob")
    await phone.send("lost")
    await pair.failOver()
    const message = await sent(phone, "after the fail-over")
    const tablet = await app.member("bob", { deviceId: "tablet", on: 1 })
    if (message) expect(tablet.view.texts()).toContain("after the fail-over")
    await eventually("one identity on both devices", async () => {
      const again = await app.member("bob", { deviceId: "watch", on: 0 })
      return again.userId === tablet.userId
    })
    expect((await app.holder("bob")).id).toBe(tablet.userId)
  })

  it("[P4] a control entry is lost: after a logout everywhere the stolen phone still gets nothing more", async () => {
    const stolen = await app.member("carol", { on: 1, deviceId: "stolen" })
    await stolen.send("before")
    const { conversationId } = stolen
    const web = await app.member("carol", { on: 0, deviceId: "web" })
    await pair.replicated()
    await pair.sever()
    // Any other row of the log will do: both nodes heard of it, the replica does not.
    const other = await app.member("dave", { on: 0 })
    await other.logout()
    await app.admin(1).call("PATCH", `/v1/apps/${app.id}`, { name: "told to both nodes" })
    const [first, second] = pair.proxies
    if (!first || !second) throw new Error("two nodes have two proxies")
    second.target = undefined
    second.cut()
    await pair.failOver([first])
    await eventually("a logout everywhere", async () => {
      const ack = acknowledgement.parse(await web.raw("logout", { everywhere: true }))
      return ack.ok
    })
    const later = nowSeconds() + 2
    second.target = pair.inCharge().port
    await eventually("the second node", async () => {
      const { status } = await fetch(`${world.hub.node(1).url}/health/ready`)
      return status === 200
    })
    const revoked = () => stolen.frames.some(({ name }) => name === "auth:revoked")
    await stolen.until("auth:revoked", revoked, 5_000).catch(() => undefined)
    await app.say(conversationId, "your new PIN is 4711", 0)
    const witness = await app.member("carol", {
      on: 1,
      jwt: app.token("carol", { iat: later, exp: later + 60 }),
    })
    await witness.shows("your new PIN is 4711")
    await stolen.roundTrip()
    expect(stolen.view.texts()).not.toContain("your new PIN is 4711")
    expect(revoked()).toBe(true)
  })
})
