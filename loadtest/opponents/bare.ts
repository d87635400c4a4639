/**
 * Plain Socket.IO, as its tutorial teaches it: rooms, a broadcast, an acknowledgement. Nothing is stored, nothing is
 * ordered beyond this process, a repeated send is a second message.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"

interface Message {
  readonly localId: string
  readonly text: string
}

const server = createServer()
const io = new Server(server, { transports: ["websocket"] })
let count = 0

io.on("connection", (socket) => {
  const room: string = socket.handshake.auth.room
  socket.join(room)
  socket.on("message", ({ localId, text }: Message, answer: (result: object) => void) => {
    count += 1
    const message = { id: count, room, localId, text, at: Date.now() }
    io.to([room, "agents"]).emit("message", message)
    answer({ ok: true, id: message.id })
  })
})

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  // A TCP server's address is always of this kind.
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
