/** Who is let in, when, and what is read of those who wait: real connections at the hub's own server. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { json } from "../../src/edge/http/exchange.ts"
import { manageConnections } from "../../src/edge/http/http-connections.ts"
import { httpServer } from "../../src/edge/http/http-server.ts"
import { RequestBudget } from "../../src/edge/http/request-budget.ts"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"
import { createLog } from "../../src/lib/log.ts"

const HERE = "127.0.0.1"
const MALLORY = "198.51.100.7"
const ALICE = "198.51.100.8"
/** More than any debt that an address may have. */
const MUCH = 50_000

interface Serving {
  readonly http: Server
  readonly port: number
  readonly addresses: AddressQuotas
}

async function serve(proxies: readonly string[]): Promise<Serving> {
  const addresses = new AddressQuotas(new ClientAddresses(proxies), DEFAULT_ADDRESS_LIMITS)
  const budget = new RequestBudget({ addresses, now: Date.now, operator: () => false })
  const log = createLog({ level: "error", sink: () => undefined, now: Date.now })
  const http = createServer(
    httpServer({ log, routes: [{ at: "/", answer: () => json(200, "served") }], budget }),
  )
  manageConnections(http, 5_000, "/none", budget, { addresses, now: Date.now })
  http.listen(0, HERE)
  await once(http, "listening")
  onTestFinished(() => {
    http.close()
    http.closeAllConnections()
  })
  // The boundary: a TCP server's address is of this kind.
  return { http, addresses, port: (http.address() as AddressInfo).port }
}

const from = (address: string, first = "GET / HTTP/1.1", more = ""): string =>
  `${first}\r\nHost: hub\r\nX-Forwarded-For: ${address}\r\nConnection: close\r\n${more}\r\n`

interface Call {
  readonly socket: Socket
  /** All that was answered, and after how many milliseconds the connection was over. */
  readonly answer: Promise<{ text: string; ms: number }>
}

function ask({ port }: Serving, ...pieces: string[]): Call {
  const since = Date.now()
  const socket = connect(port, HERE).setNoDelay()
  onTestFinished(() => void socket.destroy())
  let text = ""
  socket.on("data", (chunk) => {
    text += String(chunk)
  })
  socket.on("error", () => undefined)
  const answer = new Promise<{ text: string; ms: number }>((resolve) => {
    socket.once("close", () => resolve({ text, ms: Date.now() - since }))
  })
  void (async () => {
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return { socket, answer }
}

const served = (address: string, hub: Serving) => ask(hub, from(address)).answer

/** As the hub knows the other end of a connection. */
async function addressOf(hub: Serving, address: string) {
  const arriving = once(hub.http, "connection")
  const { socket } = ask(hub)
  const [at] = (await arriving) as [Socket]
  socket.destroy()
  const found = hub.addresses.behind(at, Buffer.from(from(address)), Date.now())
  if (!found) throw new Error("the hub does not know whose the connection is")
  return found
}

test("a client that has spent too much is not read and then disconnected; another one behind the same proxy is served", async () => {
  const hub = await serve([HERE])
  const mallory = await addressOf(hub, MALLORY)
  mallory.charge(MUCH, Date.now())
  const keeping = setInterval(() => mallory.charge(MUCH, Date.now()), 50)
  onTestFinished(() => clearInterval(keeping))
  const held = served(MALLORY, hub)
  const { text, ms } = await served(ALICE, hub)
  expect(text).toContain("served")
  expect(ms).toBeLessThan(1_000)
  const ended = await held
  expect(ended.text).toBe("")
  expect(ended.ms).toBeGreaterThan(2_000)
})

test("connections that came while their address was only told to wait are judged anew: those before them may have spent all", async () => {
  const hub = await serve([HERE])
  const mallory = await addressOf(hub, MALLORY)
  for (let n = 0; n < 10; n += 1) mallory.cut(Date.now())
  const arriving = once(hub.http, "connection")
  const { answer } = ask(hub, from(MALLORY))
  const [at] = (await arriving) as [Socket]
  await once(at, "data")
  const keeping = setInterval(() => mallory.charge(MUCH, Date.now()), 20)
  onTestFinished(() => clearInterval(keeping))
  const { text, ms } = await answer
  expect(text).toBe("")
  expect(ms).toBeGreaterThan(2_000)
})

test("a client that has earned some credit meanwhile is served after all", async () => {
  const hub = await serve([HERE])
  const mallory = await addressOf(hub, MALLORY)
  mallory.charge(MUCH, Date.now())
  expect((await served(MALLORY, hub)).text).toContain("served")
})

test("of a connection that is held nothing is read, however small the pieces are in which it speaks", async () => {
  const hub = await serve([HERE])
  ;(await addressOf(hub, MALLORY)).charge(MUCH, Date.now())
  const arriving = once(hub.http, "connection")
  const { socket, answer } = ask(hub, from(MALLORY, "POST / HTTP/1.1", "Content-Length: 60000\r\n"))
  const [at] = (await arriving) as [Socket]
  await once(at, "data")
  for (let n = 0; n < 500; n += 1) {
    socket.write("x")
    await new Promise(setImmediate)
  }
  // The first piece, and perhaps the one that made it stop.
  expect(at.bytesRead).toBeLessThan(400)
  expect((await answer).text).toContain("served")
})

test.each([
  ["CONNECT", from(MALLORY, "CONNECT hub:443 HTTP/1.1")],
  ["nothing that is a request", from(MALLORY).replace("HTTP/1.1", "HTCPCP/1.0")],
  ["an expectation", from(MALLORY, "GET / HTTP/1.1", "Expect: miracles\r\n")],
  ["hundreds of requests at once", from(MALLORY).repeat(400)],
])("after %s the next connection of the same address waits, and no other one", async (_, words) => {
  const hub = await serve([HERE])
  const mallory = await addressOf(hub, MALLORY)
  for (let n = 0; n < 4; n += 1) await ask(hub, words).answer
  expect(mallory.recentCuts(Date.now())).toBe(4)
  expect((await addressOf(hub, ALICE)).recentCuts(Date.now())).toBe(0)
  const { text, ms } = await served(MALLORY, hub)
  expect(text).toContain("served")
  expect(ms).toBeGreaterThanOrEqual(100)
})

test("a request that cannot be parsed is answered with an error", async () => {
  const hub = await serve([])
  expect((await ask(hub, "NOT A REQUEST\r\n\r\n").answer).text).toContain("400 Bad Request")
  const long = from(MALLORY, "GET / HTTP/1.1", `a: ${"x".repeat(40_000)}\r\n`)
  expect((await ask(hub, long).answer).text).toContain("431 ")
  expect((await ask(hub, from(MALLORY, "GET / HTTP/1.1", "Expect: miracles\r\n")).answer).text).toContain(
    "417 ",
  )
})

test("a proxy's X-Forwarded-For counts only in a head, and the last one of several", async () => {
  const hub = await serve([HERE])
  const arriving = once(hub.http, "connection")
  ask(hub)
  const [at] = (await arriving) as [Socket]
  const whose = (piece: string) => hub.addresses.behind(at, Buffer.from(piece), Date.now())?.name
  const line = (address: string) => `x-forwarded-for: ${address}\r\n`
  expect(whose(from(MALLORY))).toBe(MALLORY)
  expect(whose(`GET / HTTP/1.1\r\n${line(ALICE)}${line(MALLORY)}\r\n`)).toBe(MALLORY)
  expect(whose(`GET / HTTP/1.1\r\n${line(`${ALICE}, ${MALLORY}`)}\r\n`)).toBe(MALLORY)
  // As some balancers write it, with the client's port.
  expect(whose(from(`${ALICE}, ${MALLORY}:51234`))).toBe(MALLORY)
  expect(whose(from("[2001:db8:1:2::7]:443"))).toBe(whose(from("2001:db8:1:2::7")))
  expect(whose(`POST / HTTP/1.1\r\n\r\n\r\n${line(ALICE)}\r\n`)).toBeUndefined()
  // What follows might name somebody else.
  expect(whose(`GET / HTTP/1.1\r\n${line(ALICE)}`)).toBeUndefined()
})

test("a head in many pieces is served behind a proxy as well as without one", async () => {
  for (const proxies of [[], [HERE]]) {
    const hub = await serve(proxies)
    const { text } = await ask(hub, "GET / HT", "TP/1.1\r\nHost: h\r\nConnection: cl", "ose\r\n\r\n").answer
    expect(text).toContain("served")
  }
})

test("requests that offer another protocol are served in this one, behind a proxy too", async () => {
  const hub = await serve([HERE])
  const body = '{"a":1}'
  const offer = `GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${ALICE}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  expect((await ask(hub, offer).answer).text).toContain("served")
})

test("frames that come with the upgrade, before there is an answer to it, are refused", async () => {
  const hub = await serve([HERE])
  const upgrade = (frames: number) =>
    `${from(MALLORY, "GET /none/?EIO=4&transport=websocket HTTP/1.1", "Upgrade: websocket\r\n").replace("close", "Upgrade")}${"x".repeat(frames)}`
  const { text } = await ask(hub, upgrade(2_000)).answer
  expect(text).toContain("400 Bad Request")
  expect((await addressOf(hub, MALLORY)).recentCuts(Date.now())).toBe(1)
})

test("the addresses of one customer of IPv6 count together", async () => {
  const hub = await serve([HERE])
  expect(await addressOf(hub, "2001:db8:7:7::1")).toBe(await addressOf(hub, "2001:db8:7:7:a:b:c:d"))
  expect(await addressOf(hub, "2001:db8:7:7::1")).not.toBe(await addressOf(hub, "2001:db8:7:8::1"))
})

test("of an address that owes too much a long first piece is not kept, and its connection is ended after the wait", async () => {
  const hub = await serve([HERE])
  ;(await addressOf(hub, MALLORY)).charge(MUCH, Date.now())
  const { text, ms } = await ask(hub, from(MALLORY, "GET / HTTP/1.1", `a: ${"x".repeat(10_000)}\r\n`)).answer
  expect(text).toBe("")
  expect(ms).toBeGreaterThan(2_000)
})
