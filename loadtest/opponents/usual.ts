/**
 * What is usually built when plain Socket.IO is outgrown: the Redis adapter for more than one node, a counter for the
 * order (`INCR`), a stream for the history (`XADD`). Acknowledged after it is stored. A repeated send is a second message,
 * and two nodes tell one room's messages in different orders.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createAdapter } from "@socket.io/redis-adapter"
import { Redis } from "ioredis"
import { Server } from "socket.io"

interface Message {
  readonly localId: string
  readonly text: string
}

const HISTORY = 50

const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379")
const server = createServer()
const io = new Server(server, {
  transports: ["websocket"],
  adapter: createAdapter(redis.duplicate(), redis.duplicate()),
})

io.on("connection", (socket) => {
  const room: string = socket.handshake.auth.room
  socket.join(room)

  socket.on("message", async ({ localId, text }: Message, answer: (result: object) => void) => {
    const message = { n: await redis.incr(`count:${room}`), room, localId, text, at: Date.now() }
    const id = await redis.xadd(`history:${room}`, "*", "message", JSON.stringify(message))
    io.to([room, "agents"]).emit("message", { id, ...message })
    answer({ ok: true, id, n: message.n })
  })

  // A device that was away reads the latest messages again.
  socket.on("history", async (_: object, answer: (result: object) => void) => {
    const rows = await redis.xrevrange(`history:${room}`, "+", "-", "COUNT", HISTORY)
    answer({ ok: true, messages: rows.reverse().map(([id, [, message]]) => ({ id, message })) })
  })
})

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  // A TCP server's address is always of this kind.
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
