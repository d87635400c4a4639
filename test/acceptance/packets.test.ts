/** 2: below Socket.IO: packets that no client sends must not crash the node or leak into another socket. */
import { expect, it } from "vitest"
import { range } from "./random.ts"
import { RawSocket } from "./raw.ts"
import { type App, onBoth, type World } from "./world.ts"

const OPEN = "0{"
const ACCEPTED = "40/messaging,"

async function connected(world: World, app: App): Promise<RawSocket> {
  const raw = await RawSocket.open(world.hub.node(0).url)
  await raw.text(OPEN)
  raw.send(connect(app))
  expect(await raw.text(ACCEPTED)).toBeDefined()
  await raw.text("42/messaging,")
  return raw
}
const connect = (app: App): string =>
  `40/messaging,${JSON.stringify({ v: 1, appId: app.id, channel: "web" })}`

onBoth("packets", (world) => {
  it("2 at most one CONNECT per namespace and connection: 500 of them are bounded work", async () => {
    const app = await world.app()
    const other = await app.visitor()
    const raw = await RawSocket.open(world.hub.node(0).url)
    await raw.text(OPEN)
    for (const _ of range(500)) raw.send(connect(app))
    raw.send(`42/messaging,7${JSON.stringify(["conversation:list", {}])}`)
    await Promise.race([raw.closed, raw.text("43/messaging,7")])
    await other.send("untouched")
    await other.settle()
    expect(raw.texts.filter((text) => text.startsWith(ACCEPTED)).length).toBeLessThanOrEqual(1)
    expect(raw.texts.filter((text) => text.startsWith('42/messaging,["ready"')).length).toBeLessThanOrEqual(1)
    raw.end()
  })

  it("2 broken packets end at most their own connection", async () => {
    const app = await world.app()
    const other = await app.visitor({ on: 1 })
    for (const packet of [
      "",
      "x",
      "9",
      "4",
      "49",
      "4x",
      "42",
      "42/messaging",
      "42/messaging,",
      "42/messaging,{}",
      "42/messaging,[]",
      "42/messaging,[7]",
      "42/messaging,[null,{}]",
      '42/messaging,["message:send"',
      '42/messaging,99999999999999999999["logout",{}]',
      '42/messaging,-1["conversation:list",{}]',
      '42/messaging,["connect"]',
      '42/messaging,["disconnect"]',
      '42/messaging,["disconnecting"]',
      '42/messaging,["error"]',
      '42/messaging,["newListener"]',
      "43/messaging,1[]",
      "43/messaging,1",
      "44/messaging,{}",
      '451-/messaging,["message:send",{"_placeholder":true,"num":0}]',
      '459999999-/messaging,["message:send",{"_placeholder":true,"num":9}]',
      '451-/messaging,["message:send",{"_placeholder":true,"num":-1}]',
      "40",
      "40/agent-that-is-none,{}",
      "40/__proto__,{}",
      `40/${"x".repeat(10_000)},{}`,
      "40/messaging,[]",
      "40/messaging,7",
      "41",
      "41/messaging,",
      "2probe",
      "5",
      "6",
      "\u0000",
      "b////",
    ]) {
      const raw = await connected(world, app)
      raw.send(packet)
      raw.send(Buffer.from([1, 2, 3]), 2)
      raw.send(`42/messaging,7${JSON.stringify(["conversation:list", {}])}`)
      await Promise.race([raw.closed, raw.text("43/messaging,7")])
      raw.end()
    }
    await other.send("untouched")
    expect(await app.visitor()).toBeDefined()
  })

  it("2 bytes that are no WebSocket frame, and UTF-8 that is none", async () => {
    const app = await world.app()
    for (const bytes of [
      Buffer.alloc(64, 0xff),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.from([0x81, 0x01, 0x41]),
    ]) {
      const raw = await connected(world, app)
      raw.bytes(bytes)
      await raw.closed
    }
    const raw = await connected(world, app)
    raw.send(Buffer.from([0x34, 0x32, 0xc3, 0x28, 0xff]))
    await raw.closed
    await (await app.visitor()).send("untouched")
  })

  it("2 a frame above 256 KB closes the connection", async () => {
    const app = await world.app()
    const raw = await connected(world, app)
    raw.send(`42/messaging,${JSON.stringify(["message:send", { x: "x".repeat(300_000) }])}`)
    await raw.closed
    const second = await connected(world, app)
    second.send(Buffer.alloc(1_048_576), 2)
    await second.closed
  })

  it("3.1 one client's two hundred handshakes and rude goodbyes leave the node well", async () => {
    const app = await world.app()
    await Promise.all(
      range(40).map(async () => {
        for (const n of range(5)) {
          const raw = await RawSocket.open(world.hub.node(n).url)
          raw.send(connect(app))
          raw.end()
        }
      }),
    )
    await (await app.visitor()).send("untouched")
  })
})
