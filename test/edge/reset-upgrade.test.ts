/** Clients that reset their connection while their upgrade waits, or before it was even accepted: the hub lives, and they pay. */
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { Worker } from "node:worker_threads"
import { expect, onTestFinished, test } from "vitest"
import { manageConnections } from "../../src/edge/http/http-connections.ts"
import { RequestBudget } from "../../src/edge/http/request-budget.ts"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"
import { admission } from "../../src/edge/socket/connection-guard.ts"
import { WORK } from "../../src/edge/socket/work.ts"
import { systemClock } from "../../src/lib/clock.ts"

const UPGRADE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  "Host: hub",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "\r\n",
].join("\r\n")

const HERE = "127.0.0.1"
const MALLORY = "198.51.100.7"

async function serve(proxies: readonly string[] = []) {
  const addresses = new AddressQuotas(new ClientAddresses(proxies), DEFAULT_ADDRESS_LIMITS)
  const budget = new RequestBudget({ addresses, now: Date.now, operator: () => false })
  const http = createServer()
  // What Engine.IO does with it is up to the test.
  const upgraded = new Promise<IncomingMessage>((resolve) => {
    http.on("upgrade", (request: IncomingMessage) => resolve(request))
  })
  manageConnections(http, 5_000, "/socket.io", budget, { addresses, now: Date.now })
  http.listen(0, HERE)
  onTestFinished(() => void http.close())
  await once(http, "listening")
  // The boundary: a TCP server's address is of this kind.
  const { port } = http.address() as AddressInfo
  return { http, addresses, upgraded, port }
}

test("a reset while an upgrade waits closes that connection and nothing else", async () => {
  const { port, upgraded } = await serve()
  const client = connect(port, HERE)
  client.write(UPGRADE)
  // As Engine.IO does while it asks whether the upgrade is admitted, which may take two seconds: nothing.
  const { socket } = await upgraded
  expect(socket.listenerCount("error")).toBeGreaterThan(0)
  const reset = new Promise<string | undefined>((resolve) => {
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code))
  })
  const gone = new Promise<void>((resolve) => {
    socket.on("close", () => resolve())
  })
  client.resetAndDestroy()
  expect(await reset).toBe("ECONNRESET")
  await gone
})

test("a client that resets its connection while it waits to be let in pays for that", async () => {
  const { port, upgraded, addresses } = await serve([HERE])
  const client = connect(port, HERE)
  client.write(UPGRADE.replace("\r\n\r\n", `\r\nX-Forwarded-For: ${MALLORY}\r\n\r\n`))
  const request = await upgraded
  const address = addresses.of(request, 0)
  address.cut(Date.now())
  // A clock that stands: nothing is earned meanwhile.
  const now = Date.now()
  admission(addresses, { ...systemClock, now: () => now })(request, () => undefined)
  const before = address.work?.balance(now) ?? Number.NaN
  const gone = new Promise<void>((resolve) => {
    request.socket.once("close", () => resolve())
  })
  client.resetAndDestroy()
  await gone
  expect(address.work?.balance(now)).toBe(before - WORK.left)
})

/** Connects, asks for an upgrade and is gone. */
const CLIENT = `
const { connect } = require("node:net")
const { workerData: { port, here, words, done } } = require("node:worker_threads")
const client = connect(port, here, () => client.write(words, () => client.resetAndDestroy()))
client.on("close", () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0) })
`

test("a connection that was reset before it was accepted is nobody's: nothing of it is read", async () => {
  const { http, port } = await serve()
  let upgrades = 0
  http.on("upgrade", () => {
    upgrades += 1
  })
  const done = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(CLIENT, { eval: true, workerData: { port, here: HERE, words: UPGRADE, done } })
  await once(worker, "online")
  const arriving = once(http, "connection")
  // Nothing is accepted while this thread sleeps.
  Atomics.wait(done, 0, 0, 10_000)
  const [socket] = (await arriving) as [Socket]
  if (!socket.destroyed) await once(socket, "close")
  expect(Atomics.load(done, 0)).toBe(1)
  expect(socket.bytesRead).toBe(0)
  expect(upgrades).toBe(0)
})
