/** What plain HTTP may cost: real requests over real connections, at the hub's own server. */
import { once } from "node:events"
import { createServer } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { json, type Route } from "../../src/edge/http/exchange.ts"
import { manageConnections } from "../../src/edge/http/http-connections.ts"
import { httpServer } from "../../src/edge/http/http-server.ts"
import { RequestBudget } from "../../src/edge/http/request-budget.ts"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"
import { createLog } from "../../src/lib/log.ts"

interface Serving {
  readonly port: number
  /** Requests that came as far as a route. */
  served: number
  /** Pieces of bodies that did. */
  received: number
}

interface Set {
  /** This machine is a proxy, if it is named here. */
  readonly proxies?: readonly string[]
  /** What each request costs. */
  readonly work?: number
  readonly now?: () => number
}

async function serve({ proxies = [], work, now = Date.now }: Set = {}): Promise<Serving> {
  const addresses = new AddressQuotas(new ClientAddresses(proxies), DEFAULT_ADDRESS_LIMITS)
  const operator = (shown: string | undefined): boolean => shown === "Bearer the operator's"
  const budget = new RequestBudget({ addresses, now, operator })
  const here = { port: 0, served: 0, received: 0 }
  const route: Route = {
    at: "/",
    ...(work !== undefined && { work }),
    answer({ request }) {
      here.served += 1
      request.on("data", () => {
        here.received += 1
      })
      return json(200, {})
    },
  }
  const log = createLog({ level: "error", sink: () => undefined, now: Date.now })
  const http = createServer(httpServer({ log, routes: [route], budget }))
  manageConnections(http, 5_000, "/none/", budget, { addresses, now })
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  // The boundary: a TCP server's address is of this kind.
  here.port = (http.address() as AddressInfo).port
  onTestFinished(() => {
    http.close()
    http.closeAllConnections()
  })
  return here
}

function caller({ port }: Serving): Socket {
  const socket = connect(port, "127.0.0.1")
  socket.setNoDelay()
  socket.on("error", () => undefined)
  onTestFinished(() => void socket.destroy())
  return socket
}

const request = (headers = "") => `GET / HTTP/1.1\r\nHost: hub\r\n${headers}\r\n`
const BY_OPERATOR = "Authorization: Bearer the operator's\r\n"

/** Resolves when so many answers came; the milliseconds that it took. */
async function answers(socket: Socket, count: number): Promise<number> {
  const since = Date.now()
  let text = ""
  for await (const [chunk] of on(socket)) {
    text += String(chunk)
    if (text.split("HTTP/1.1 200").length > count) break
  }
  return Date.now() - since
}
async function* on(socket: Socket): AsyncGenerator<[Buffer]> {
  for (;;) yield (await once(socket, "data", { signal: AbortSignal.timeout(10_000) })) as [Buffer]
}

test("a connection that asks without waiting for answers is ended, and little of it was served", async () => {
  const hub = await serve()
  const socket = caller(hub)
  socket.write(request().repeat(2_000))
  socket.resume()
  await once(socket, "close", { signal: AbortSignal.timeout(10_000) })
  expect(hub.served).toBeLessThan(50)
})

test("one that asks again and again is answered later and later; another one is answered at once", async () => {
  const hub = await serve({ work: 8_000 })
  const socket = caller(hub)
  const waits: number[] = []
  for (let n = 0; n < 3; n += 1) {
    socket.write(request())
    waits.push(await answers(socket, 1))
  }
  expect(waits[2]).toBeGreaterThan(1_000)
  const other = caller(hub)
  other.write(request())
  expect(await answers(other, 1)).toBeLessThan(1_000)
})

test("one that sends a request a byte at a time, without end, is ended", async () => {
  // In no time at all, however slow this machine is.
  const hub = await serve({ now: () => 0 })
  const socket = caller(hub)
  socket.write("POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000000000\r\n\r\n")
  let ended = false
  socket.once("close", () => {
    ended = true
  })
  for (let n = 0; n < 1_000_000 && !ended; n += 1) {
    if (!socket.destroyed) socket.write("x")
    await new Promise(setImmediate)
  }
  expect(ended).toBe(true)
})

test("one that sends a body in chunks of one byte is ended before much of it was taken apart", async () => {
  // In no time at all, however slow this machine is.
  const hub = await serve({ now: () => 0 })
  const socket = caller(hub)
  socket.write("GET / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n")
  const chunks = Buffer.from("1\r\nx\r\n".repeat(1_000))
  let ended = false
  socket.once("close", () => {
    ended = true
  })
  for (let sent = 0; sent < 2_000 && !ended; sent += 1) {
    // Or it is ended.
    if (!socket.write(chunks)) await Promise.race([once(socket, "drain"), once(socket, "close")])
    await new Promise(setImmediate)
  }
  expect(ended).toBe(true)
  expect(hub.received).toBeLessThan(200_000)
})

test("a piece of thousands of chunks ends the connection before it is taken apart, whatever it saved up", async () => {
  const hub = await serve({ now: () => 0 })
  const socket = caller(hub)
  socket.write("GET / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n")
  await answers(socket, 1)
  const closed = once(socket, "close")
  socket.write("1\r\nx\r\n".repeat(10_000))
  await closed
  // If the system cuts the piece in two, some of it is few enough.
  expect(hub.received).toBeLessThan(4_000)
})

/**
 * Bytes that a connection may send one by one before it is ended. Each waits until the one before was heard: on a busy machine
 * several would come as one piece, and be paid as one.
 */
async function drip(hub: Serving, socket: Socket, most: number): Promise<number> {
  let ended = false
  socket.once("close", () => {
    ended = true
  })
  let sent = 0
  for (; sent < most && !ended; sent += 1) {
    const { received } = hub
    if (!socket.destroyed) socket.write("x")
    do await new Promise(setImmediate)
    while (hub.received === received && !ended)
  }
  return sent
}

test("where its address owes, a connection that sends a body a byte at a time is ended after a hundred, whatever it saved up", async () => {
  const hub = await serve({ proxies: ["127.0.0.1"], now: () => 0, work: 8_000 })
  const asking = async (): Promise<Socket> => {
    const socket = caller(hub)
    socket.write(request("X-Forwarded-For: 198.51.100.7\r\nContent-Length: 1000000000\r\n"))
    await answers(socket, 1)
    return socket
  }
  const dripping = await asking()
  // As much as an address may save up and owe.
  for (let n = 0; n < 5; n += 1) await asking()
  expect(await drip(hub, dripping, 1_000)).toBeLessThan(200)
})

test("the operator's own program may ask as much as it likes, one question after another", async () => {
  const hub = await serve({ work: 8_000 })
  const socket = caller(hub)
  for (let n = 0; n < 12; n += 1) {
    socket.write(request(BY_OPERATOR))
    expect(await answers(socket, 1)).toBeLessThan(1_000)
  }
})

test("behind a proxy a client that asks too much waits, and no other one on the proxy's connection", async () => {
  const hub = await serve({ proxies: ["127.0.0.1"], work: 12_000 })
  const socket = caller(hub)
  const from = async (address: string): Promise<number> => {
    socket.write(request(`X-Forwarded-For: ${address}\r\n`))
    return answers(socket, 1)
  }
  const waits: number[] = []
  for (let n = 0; n < 4; n += 1) waits.push(await from("198.51.100.7"))
  expect(waits[3]).toBeGreaterThan(500)
  // The shortest, for this process may stand still meanwhile.
  const others: number[] = []
  for (let n = 0; n < 3; n += 1) others.push(await from("198.51.100.8"))
  expect(Math.min(...others)).toBeLessThan(500)
})

test("over a proxy's connection the operator's request is answered at once, and no other one because of it", async () => {
  const hub = await serve({ proxies: ["127.0.0.1"], work: 12_000 })
  const socket = caller(hub)
  const waits: number[] = []
  const operators: number[] = []
  for (let n = 0; n < 4; n += 1) {
    socket.write(request(`X-Forwarded-For: 198.51.100.7\r\n${BY_OPERATOR}`))
    operators.push(await answers(socket, 1))
    socket.write(request("X-Forwarded-For: 198.51.100.7\r\n"))
    waits.push(await answers(socket, 1))
  }
  expect(waits[3]).toBeGreaterThan(500)
  // The median, for this process may stand still meanwhile.
  expect(operators.sort((a, b) => a - b)[1]).toBeLessThan(500)
})

test("a long body is paid by its address, also where each comes on a connection of its own", async () => {
  // In no time at all, however slow this machine is: nothing is earned meanwhile.
  const hub = await serve({ proxies: ["127.0.0.1"], now: () => 0 })
  const post = async (address: string): Promise<number> => {
    const body = "x".repeat(60_000)
    const head = `POST / HTTP/1.1\r\nHost: hub\r\nX-Forwarded-For: ${address}\r\nContent-Length: ${body.length}\r\n\r\n`
    const socket = caller(hub)
    socket.write(head + body)
    const took = await answers(socket, 1)
    socket.destroy()
    return took
  }
  const waits: number[] = []
  // As many as an address may save up for, and some more, until one waits.
  for (let n = 0; n < 260 && !(n > 100 && (waits.at(-1) ?? 0) > 500); n += 1)
    waits.push(await post("198.51.100.7"))
  // A few may be slow because the machine is.
  expect(waits.slice(0, 100).filter((wait) => wait > 500).length).toBeLessThan(10)
  expect(waits.at(-1)).toBeGreaterThan(500)
})
