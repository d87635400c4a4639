/** A Socket.IO server that speaks as the opponents do, and breaks one promise in every twentieth message. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server, type Socket } from "socket.io"
import type { Address } from "../../loadtest/generator/job.ts"

export type Fault = "none" | "lost" | "doubled" | "reordered" | "leaked" | "refused"

const EVERY = 20

export interface FaultyServer {
  readonly address: Address
  close(): Promise<void>
}

export async function startFaultyServer(fault: Fault): Promise<FaultyServer> {
  const http = createServer()
  const io = new Server(http, { transports: ["websocket"] })
  const held = new Map<Socket, object>()
  let count = 0

  /** The devices of a room, in turn; the one that is wronged comes first. */
  const tell = async (room: string, message: object, wrong: boolean): Promise<void> => {
    const sockets = [...io.sockets.sockets.values()].filter((socket) => socket.rooms.has(room))
    for (const [index, socket] of sockets.entries()) {
      const wronged = wrong && index === 0
      if (wronged && fault === "lost") continue
      if (wronged && fault === "reordered") {
        held.set(socket, message)
        continue
      }
      socket.emit("message", message)
      if (wronged && fault === "doubled") socket.emit("message", message)
      const late = held.get(socket)
      if (late) socket.emit("message", late)
      held.delete(socket)
    }
    if (wrong && fault === "leaked") {
      const stranger = [...io.sockets.sockets.values()].find((socket) => !socket.rooms.has(room))
      stranger?.emit("message", message)
    }
  }

  io.on("connection", (socket) => {
    const { room } = socket.handshake.auth
    socket.join([room])
    socket.on("message", (message: object, answer: (result: object) => void) => {
      count += 1
      const wrong = fault !== "none" && count % EVERY === 0
      if (wrong && fault === "refused") return answer({ ok: false })
      void tell(room, message, wrong)
      answer({ ok: true })
    })
  })

  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  // A TCP server's address is always of this kind.
  const { port } = http.address() as AddressInfo
  return {
    address: {
      endpoints: [{ host: "127.0.0.1", port, path: "/socket.io/" }],
      dialect: { name: "opponent", options: {} },
    },
    close: async () => {
      await io.close()
    },
  }
}
