/** The namespace `/messaging`: each socket of an end user becomes a session (docs/protocol.md 3). */
import type { Apps } from "../../app/app-registry.ts"
import { isCommand } from "../../app/dispatch.ts"
import { newId } from "../../lib/ids.ts"
import { HubError } from "../../protocol/errors.ts"
import { Cookies } from "../auth/cookies.ts"
import { answerPackets, type PacketParts, serveNamespace, takeAuth } from "../socket/packets.ts"
import { ANSWERED_BYTES } from "../socket/work.ts"
import { sendHead } from "./head-signal.ts"
import { demandProof, Seat, type SeatParts } from "./seat.ts"
import type { SessionDeps } from "./session-deps.ts"
import type { SessionRegistry } from "./session-registry.ts"
import { type MessagingNamespace, type MessagingSocket, transportOf } from "./socket-transport.ts"
import { perform } from "./user-commands.ts"
import { Session } from "./user-session.ts"
import { openSession, type VisitorParts, validateHandshake, visitorIdentity } from "./validate-handshake.ts"

export interface MessagingParts extends VisitorParts, PacketParts, SeatParts {
  readonly namespace: MessagingNamespace
  readonly apps: Apps
  readonly deps: SessionDeps<Session>
  readonly registry: SessionRegistry
}

export function serveMessaging(parts: MessagingParts): void {
  const cookies = new Cookies()
  serveNamespace(parts.namespace, parts, (socket) => onConnect(parts, socket, cookies.take(socket)))
}

/** @returns a function that begins the session: `ready`, then the feed, then its commands */
async function onConnect(
  parts: MessagingParts,
  socket: MessagingSocket,
  cookies: string | undefined,
): Promise<() => void> {
  const { apps, deps, registry } = parts
  const auth = takeAuth(socket)
  const { origin } = socket.handshake.headers
  const { app, asked } = await validateHandshake(apps, auth, socket.handshake.headers)
  demandProof(app, asked)
  const identity = await visitorIdentity(app, asked, parts)
  const device = { id: asked.deviceId ?? newId("dev", 0), channel: asked.channel }
  const session = new Session(app, device, identity, deps, transportOf(socket, parts.guard))
  const connection = parts.guard.of(socket.conn)
  const seat = new Seat(session, socket, connection, parts)
  // The engine's close comes also where Socket.IO never let the socket in.
  const onHeartbeat = (): void => {
    session.checkClock()
    sendHead(session)
  }
  const close = (): void => {
    socket.conn.off("close", close)
    socket.conn.off("heartbeat", onHeartbeat)
    registry.remove(session)
    seat.leave()
    session.close()
  }
  socket.conn.once("close", close)
  registry.add(session, socket)
  try {
    const { situation, offset, outcome } = await openSession(session, asked, { origin, cookies })
    seat.take()
    return () => {
      socket.once("disconnect", close)
      answerPackets(socket, parts, isCommand, (name, input, bytes) =>
        session.run(async () => {
          if (connection.backlogged) await connection.drained()
          // A send is done also for a device that has gone; all other commands matter only to the device that waits.
          const gone = session.closed && name !== "message:send"
          if (gone || connection.overdrawn) throw new HubError("unavailable")
          seat.demand(name, bytes)
          if (name === "conversation:create") await seat.demandRoom()
          return perform(session, name, input)
        }),
      )
      const before = connection.output.written
      session.transport.ready(session.state("connect", situation, outcome))
      // A long history costs who asks for it, however often they come back.
      connection.charge((connection.output.written - before) / ANSWERED_BYTES)
      session.release(offset)
      socket.conn.on("heartbeat", onHeartbeat)
    }
  } catch (error) {
    close()
    throw error
  }
}
