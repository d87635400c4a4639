/** Against the installed versions of Node, ws, Engine.IO and Socket.IO: the hub reaches for fields that none of them promises. */
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { setImmediate } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Server, type Socket } from "socket.io"
import { type Socket as ClientSocket, Manager } from "socket.io-client"
import { expect, onTestFinished, test } from "vitest"
import { manageConnections } from "../../src/edge/http/http-connections.ts"
import { RequestBudget } from "../../src/edge/http/request-budget.ts"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"
import { dropHandshake } from "../../src/edge/socket/spent-handshake.ts"

setFlagsFromString("--expose-gc")
// The boundary: V8 gives this function to contexts made after the flag was set.
const collect = runInNewContext("gc") as () => void

async function start(drop: boolean) {
  const http = createServer()
  const io = new Server(http, { transports: ["websocket"], serveClient: false })
  const addresses = new AddressQuotas(new ClientAddresses([]), DEFAULT_ADDRESS_LIMITS)
  const budget = new RequestBudget({ addresses, now: Date.now, operator: () => false })
  manageConnections(http, 1_000, io.path(), budget, { addresses, now: Date.now })
  const requests: WeakRef<IncomingMessage>[] = []
  io.engine.on("initial_headers", (_, request) => requests.push(new WeakRef(request)))
  io.of("/first").on("connection", (socket) => {
    if (drop) dropHandshake(socket)
    socket.on("question", (answer: (text: string) => void) => answer("answer"))
  })
  io.of("/second").on("connection", (socket) => socket.on("question", (answer) => answer("second")))
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  // The boundary: a TCP server's address is of this kind.
  const { port } = http.address() as AddressInfo
  const manager = new Manager(`http://127.0.0.1:${port}`, {
    transports: ["websocket"],
    extraHeaders: { origin: "https://shop.example", "x-large": "x".repeat(1_000) },
  })
  onTestFinished(async () => {
    manager._close()
    await io.close()
  })
  return { io, manager, requests }
}

const connected = (client: ClientSocket): Promise<void> =>
  new Promise((resolve) => (client.connected ? resolve() : client.once("connect", resolve)))

async function isLetGo(request: WeakRef<IncomingMessage> | undefined): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    await setImmediate()
    collect()
    if (request?.deref() === undefined) return true
  }
  return false
}

test("once it is dropped, nothing holds the request; without that, it is held", async () => {
  for (const drop of [true, false]) {
    const { manager, requests } = await start(drop)
    const client = manager.socket("/first")
    await connected(client)
    expect(await client.emitWithAck("question")).toBe("answer")
    expect(requests).toHaveLength(1)
    expect(await isLetGo(requests[0])).toBe(drop)
  }
})

test("the chunk that came last is not held by its mask, and what comes afterwards is read as before", async () => {
  for (const drop of [true, false]) {
    const { io, manager } = await start(false)
    const entered: Promise<Socket> = new Promise((resolve) => io.of("/first").once("connection", resolve))
    const client = manager.socket("/first", { auth: { token: "x".repeat(2_000) } })
    const socket = await entered
    await connected(client)
    if (drop) dropHandshake(socket)
    // The boundary: the receiver is no part of ws' types.
    const { transport } = socket.conn as unknown as {
      transport: { socket: { _receiver: { _mask: Buffer } } }
    }
    const { _mask: mask } = transport.socket._receiver
    expect(mask).toHaveLength(4)
    expect(mask.buffer.byteLength > 2_000).toBe(!drop)
    expect(await client.emitWithAck("question")).toBe("answer")
  }
})

test("what comes later on the same connection still knows its origin, and the close is told", async () => {
  const { io, manager } = await start(true)
  const first = manager.socket("/first")
  await connected(first)
  const entered: Promise<[Socket]> = new Promise((resolve) =>
    io.of("/second").once("connection", (socket) => resolve([socket])),
  )
  const second = manager.socket("/second")
  const [socket] = await entered
  expect(socket.handshake.headers.origin).toBe("https://shop.example")
  expect(socket.handshake.headers["x-large"]).toBeUndefined()
  await connected(second)
  expect(await second.emitWithAck("question")).toBe("second")
  const gone = new Promise((resolve) => socket.once("disconnect", resolve))
  manager._close()
  expect(await gone).toBe("transport close")
})
