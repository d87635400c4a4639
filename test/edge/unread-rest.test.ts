/** Against the installed version of ws: it takes apart all that a piece of the stream holds, unless nothing is left in it. */
import { type EventEmitter, once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { Server } from "socket.io"
import { expect, onTestFinished, test } from "vitest"
import { UnreadRest } from "../../src/edge/socket/unread-rest.ts"
import { Stranger, times } from "../abuse/stranger.ts"

/** How many packets of a thousand in one write are still taken apart once the first has ended the connection. */
async function takenApart(spoils: boolean): Promise<number> {
  const http = createServer()
  const io = new Server(http, { transports: ["websocket"], serveClient: false })
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  onTestFinished(async () => void (await io.close()))
  const rest = new UnreadRest()
  let packets = 0
  let over = Promise.resolve<unknown>(undefined)
  io.engine.on("connection", (conn) => {
    const socket: Socket = conn.request.socket
    over = once(socket, "close")
    socket.prependListener("data", rest.comes)
    // The boundary: Engine.IO's types do not name WebSocket's own socket, which hears all that is taken apart.
    const below = Reflect.get(conn.transport, "socket") as EventEmitter
    below.on("message", () => {
      packets += 1
    })
    conn.once("data", () => {
      conn.close(true)
      if (spoils) rest.spoil(socket)
    })
    socket.on("data", () => setImmediate(() => socket.destroy()))
  })
  // The boundary: a TCP server's address is of this kind.
  const stranger = new Stranger({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })
  await stranger.text("0{")
  await stranger.write(times(1_000, () => "4x"))
  await over
  return packets
}

test("2 once a connection is ended nothing more of its input is parsed, however much has arrived", async () => {
  expect(await takenApart(true)).toBe(1)
})

test("without that all of it is parsed", async () => {
  expect(await takenApart(false)).toBeGreaterThan(100)
})
