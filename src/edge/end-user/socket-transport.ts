/**
 * A Socket.IO socket as a session's transport. Frames to a room are checked for each socket: the user must be the
 * socket's own [P4].
 */

import type { Namespace, Socket } from "socket.io"
import type { UserId } from "../../protocol/branded.ts"
import type { FeedEvent, SignalType } from "../../protocol/events.ts"
import type { State } from "../../protocol/handshake.ts"
import {
  type ClientToServerEvents,
  MESSAGING,
  type SentToClient,
  type ServerToClientEvents,
} from "../../protocol/socket-events.ts"
import type { AddressQuota } from "../socket/address-quotas.ts"
import type { ConnectionGuard } from "../socket/connection-guard.ts"
import { eventFrame, feedEventFrame } from "../socket/frame-writer.ts"
import type { GuardedConnection } from "../socket/guarded-connection.ts"
import type { NodeEvents } from "../socket/packets.ts"
import { ReadyFirst } from "../socket/ready-first.ts"
import type { Transport } from "./transport.ts"

/** The hub's own fields of a socket, typed. */
export interface SocketData {
  /** The user whose events may reach this socket; none while it is between rooms. */
  userId?: UserId | undefined
  /** When the token that it presented expires, Unix milliseconds; `undefined` for a visitor. */
  expiresAt?: number | undefined
}

export type MessagingSocket = Socket<ClientToServerEvents, ServerToClientEvents, NodeEvents, SocketData>
export type MessagingNamespace = Namespace<ClientToServerEvents, ServerToClientEvents, NodeEvents, SocketData>

export class SocketTransport extends ReadyFirst implements Transport {
  readonly #socket: MessagingSocket
  #room: string | undefined

  constructor(socket: MessagingSocket, connection: GuardedConnection) {
    super(connection)
    this.#socket = socket
  }

  get id(): string {
    return this.#socket.id
  }

  get address(): AddressQuota {
    return this.connection.address
  }

  ready(state: State): void {
    this.writeReady(eventFrame(MESSAGING, "ready", state))
  }

  event(event: FeedEvent): void {
    this.connection.write(feedEventFrame(event))
  }

  signal<S extends SignalType>(signal: S, data: SentToClient[S]): void {
    this.writeSignal(eventFrame(MESSAGING, signal, data))
  }

  get inRoom(): boolean {
    return this.#room !== undefined
  }

  joinRoom(next: Parameters<Transport["joinRoom"]>[0]): void {
    const socket = this.#socket
    if (this.#room !== undefined && this.#room !== next?.name) socket.leave(this.#room)
    this.#room = next?.name
    socket.data.userId = next?.userId
    if (!next) return
    socket.data.expiresAt = next.expiresAt
    socket.join(next.name)
  }
}

/** Emits to the local sockets of a room, and only to those whose user the event is about. */
export function broadcast(
  { namespace, guard, now }: { namespace: MessagingNamespace; guard: ConnectionGuard; now: number },
  room: string,
  userId: UserId,
  event: FeedEvent,
  onForeign: (socket: MessagingSocket) => void,
): void {
  const frame = feedEventFrame(event)
  for (const id of namespace.adapter.rooms.get(room) ?? []) {
    const socket = namespace.sockets.get(id)
    if (!socket) continue
    const { userId: own, expiresAt = Number.POSITIVE_INFINITY } = socket.data
    // The clock decides, because the expiry timer may be late; the session itself notices it with its timer or next
    // command.
    if (own === userId && expiresAt <= now) socket.leave(room)
    else if (own === userId) guard.of(socket.conn).write(frame)
    else {
      socket.leave(room)
      onForeign(socket)
    }
  }
}
