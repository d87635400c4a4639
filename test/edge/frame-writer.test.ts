/** Frames go past Engine.IO: checked here against the installed versions. */
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { Server, type Socket } from "socket.io"
import { type Socket as ClientSocket, io as connect } from "socket.io-client"
import { afterEach, expect, test } from "vitest"
import {
  eventFrame,
  type FramedConnection,
  FrameWriter,
  frameOf,
} from "../../src/edge/socket/frame-writer.ts"
import {
  type ClientToServerEvents,
  MESSAGING,
  type ServerToClientEvents,
} from "../../src/protocol/socket-events.ts"

const require = createRequire(import.meta.url)
const ENGINE_WS: unknown = createRequire(require.resolve("engine.io"))("ws")

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

test.each([1, 124, 125, 126, 65_534, 65_535, 70_000])(
  "a text of %i bytes is framed as ws frames it",
  (size) => {
    const text = "x".repeat(size)
    const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false }
    // The boundary: the ws that Engine.IO uses, which has this function without telling its types.
    const { Sender } = ENGINE_WS as { Sender: { frame(data: Buffer, how: object): Buffer[] } }
    expect(frameOf(text).bytes.equals(Buffer.concat(Sender.frame(Buffer.from(`4${text}`), options)))).toBe(
      true,
    )
  },
)

test("a text is counted in bytes, not in characters", () => {
  expect(frameOf("\u20ac".repeat(50)).bytes.length).toBe(4 + 1 + 150)
})

type Says = Socket<ClientToServerEvents, ServerToClientEvents>

const frame = (n: number, padding = "") => eventFrame(MESSAGING, "reconnect", { afterMs: n, reason: padding })
const says = (socket: Says, n: number, padding = "") =>
  socket.emit("reconnect", { afterMs: n, reason: padding })

/** A server's socket, and what its client has heard. */
async function pair() {
  const http = createServer()
  const server = new Server<ClientToServerEvents, ServerToClientEvents>(http, {
    transports: ["websocket"],
    serveClient: false,
  })
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
  const { port } = http.address() as AddressInfo
  const client: ClientSocket<ServerToClientEvents, ClientToServerEvents> = connect(
    `http://127.0.0.1:${port}${MESSAGING}`,
    { transports: ["websocket"], reconnection: false },
  )
  const received: number[] = []
  const waiting: { count: number; done: () => void }[] = []
  client.on("reconnect", ({ afterMs }) => {
    received.push(afterMs)
    for (const one of waiting) if (received.length >= one.count) one.done()
  })
  cleanups.push(
    () => client.disconnect(),
    () => server.close(),
  )
  const socket = await new Promise<Says>((resolve) =>
    server.of(MESSAGING).on("connection", (one) => resolve(one)),
  )
  const until = (count: number) => new Promise<void>((done) => waiting.push({ count, done }))
  // The boundary: the engine's connection as it is at run time.
  return { socket, conn: socket.conn as unknown as FramedConnection, client, received, until }
}

test("what is written past the engine and what the engine writes arrive in the order in which they were written", async () => {
  const { socket, conn, received, until } = await pair()
  const writer = new FrameWriter()
  const all = until(600)
  const padding = "p".repeat(20_000)
  for (let n = 0; n < 600; n += 1) {
    if (n % 3 === 0) says(socket, n, padding)
    else writer.write(conn, frame(n, n % 2 ? padding : ""))
    // The engine gets turns in which to finish what it has begun, and turns in which it cannot.
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await all
  expect(received).toEqual(Array.from({ length: 600 }, (_, n) => n))
})

test("while the engine has something in hand, it is asked to send this too", async () => {
  const { socket, conn, until } = await pair()
  const writer = new FrameWriter()
  expect(writer.write(conn, frame(0))).toBe(true)
  const all = until(4)
  says(socket, 1)
  says(socket, 2)
  expect(conn.writeBuffer.length).toBeGreaterThan(0)
  expect(writer.write(conn, frame(3))).toBe(false)
  await all
})

test("a connection that is closed gets nothing, and nothing is thrown", async () => {
  const { socket, conn } = await pair()
  socket.conn.close()
  expect(new FrameWriter().write(conn, frame(0))).toBe(false)
})

test("what one connection gets in one turn leaves in one write", async () => {
  const { conn, until } = await pair()
  const writer = new FrameWriter()
  const tcp = conn.request.socket
  const all = until(10)
  for (let n = 0; n < 10; n += 1) writer.write(conn, frame(n))
  expect(tcp.writableCorked).toBe(1)
  await all
  expect(tcp.writableCorked).toBe(0)
})
