/** A Socket.IO socket as a session's transport; each frame is checked: its user must be the socket's own [P4]. */
import type { FeedEvent } from "../../protocol/events.ts"
import type { ConnectionGuard } from "../socket/connection-guard.ts"
import { eventFrame } from "../socket/frame-writer.ts"
import type { AnyNamespace, AnySocket } from "../socket/packets.ts"
import type { Transport } from "./transport.ts"

/** The hub's own fields of a socket, typed. */
export interface SocketData {
  /** The user whose events may reach this socket; none while it is between rooms. */
  userId?: string
  /** When what it proved is over, Unix milliseconds; a visitor has proved nothing. */
  expiresAt?: number | undefined
}

export type MessagingSocket = AnySocket<SocketData>
export type MessagingNamespace = AnyNamespace<SocketData>

export function transportOf(socket: MessagingSocket, guard: ConnectionGuard): Transport {
  let standing: string | undefined
  return {
    id: socket.id,
    ready: (state) => void socket.emit("ready", state),
    event: (event) => guard.of(socket.conn).write(eventFrame(socket.nsp.name, "event", event)),
    signal: (signal, data) => void socket.emit(signal, data),
    get inRoom() {
      return standing !== undefined
    },
    joinRoom(place) {
      if (standing !== undefined && standing !== place?.room) socket.leave(standing)
      standing = place?.room
      if (place) {
        socket.data.userId = place.userId
        socket.data.expiresAt = place.expiresAt
        socket.join(place.room)
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
  const frame = eventFrame(namespace.name, "event", event)
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
