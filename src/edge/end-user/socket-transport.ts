/** A Socket.IO socket as a session's transport; each frame is checked: its user must be the socket's own [P4]. */
import type { Namespace, Socket } from "socket.io"
import type { FeedEvent } from "../../protocol/events.ts"
import {
  type ClientToServerEvents,
  MESSAGING,
  type ServerToClientEvents,
} from "../../protocol/socket-events.ts"
import type { ConnectionGuard } from "../socket/connection-guard.ts"
import { eventFrame } from "../socket/frame-writer.ts"
import type { NodeEvents } from "../socket/packets.ts"
import type { Transport } from "./transport.ts"

/** The hub's own fields of a socket, typed. */
export interface SocketData {
  /** The user whose events may reach this socket; none while it is between rooms. */
  userId?: string
  /** When what it proved is over, Unix milliseconds; a visitor has proved nothing. */
  expiresAt?: number | undefined
}

export type MessagingSocket = Socket<ClientToServerEvents, ServerToClientEvents, NodeEvents, SocketData>
export type MessagingNamespace = Namespace<ClientToServerEvents, ServerToClientEvents, NodeEvents, SocketData>

export function transportOf(socket: MessagingSocket, guard: ConnectionGuard): Transport {
  const connection = guard.of(socket.conn)
  let room: string | undefined
  return {
    id: socket.id,
    ready: (state) => void socket.emit("ready", state),
    event: (event) => connection.write(eventFrame(MESSAGING, "event", event)),
    signal: (name, data) => connection.write(eventFrame(MESSAGING, name, data)),
    get inRoom() {
      return room !== undefined
    },
    joinRoom(next) {
      if (room !== undefined && room !== next?.name) socket.leave(room)
      room = next?.name
      if (next) {
        socket.data.userId = next.userId
        socket.data.expiresAt = next.expiresAt
        socket.join(next.name)
      } else delete socket.data.userId
    },
  }
}

/** Emits to the local sockets of a room, and only to those whose user the event is about. */
export function broadcast(
  { namespace, guard, now }: { namespace: MessagingNamespace; guard: ConnectionGuard; now: number },
  room: string,
  userId: string,
  event: FeedEvent,
  onForeign: (socket: MessagingSocket) => void,
): void {
  const frame = eventFrame(MESSAGING, "event", event)
  for (const id of namespace.adapter.rooms.get(room) ?? []) {
    const socket = namespace.sockets.get(id)
    if (!socket) continue
    const { userId: own, expiresAt = Number.POSITIVE_INFINITY } = socket.data
    // Where the timer slept, the clock decides; the session is told when it wakes, or asks for something.
    if (own === userId && expiresAt <= now) socket.leave(room)
    else if (own === userId) guard.of(socket.conn).write(frame)
    else {
      socket.leave(room)
      onForeign(socket)
    }
  }
}
