/** The namespace `/messaging`: each socket of an end user becomes a session (PROTOCOL 3). */
import type { Apps } from "../app/app-registry.ts"
import { isCommand } from "../app/dispatch.ts"
import { newId } from "../lib/ids.ts"
import { HubError } from "../protocol/errors.ts"
import { perform } from "./commands.ts"
import { Cookies } from "./cookies.ts"
import { answerPackets, type DoorwayParts, serveNamespace, takeAuth } from "./doorway.ts"
import { admit, begin, type VisitorParts, visitorOf } from "./handshake.ts"
import type { Services } from "./services.ts"
import { Session } from "./session.ts"
import type { Sessions } from "./sessions.ts"
import { type MessagingNamespace, type MessagingSocket, wireOf } from "./socket.ts"

export interface MessagingParts extends VisitorParts, DoorwayParts {
  readonly namespace: MessagingNamespace
  readonly apps: Apps
  readonly services: Services<Session>
  readonly living: Sessions
}

export function serveMessaging(parts: MessagingParts): void {
  const cookies = new Cookies()
  serveNamespace(parts.namespace, parts, (socket) => welcome(parts, socket, cookies.take(socket)))
}

/** @returns what makes the session begin: `ready`, then the feed, then its commands */
async function welcome(
  parts: MessagingParts,
  socket: MessagingSocket,
  cookies: string | undefined,
): Promise<() => void> {
  const { apps, services, living } = parts
  const auth = takeAuth(socket)
  const { origin } = socket.handshake.headers
  const { app, asked } = await admit(apps, auth, origin)
  const identity = await visitorOf(app, asked, parts)
  const device = { id: asked.deviceId ?? newId("dev", 0), channel: asked.channel }
  const session = new Session(app, device, identity, services, wireOf(socket))
  // The engine's close comes also where Socket.IO never let the socket in.
  const close = (): void => {
    socket.conn.off("close", close)
    living.remove(session)
    session.close()
  }
  socket.conn.once("close", close)
  living.add(session, socket)
  try {
    const { situation, offset, outcome } = await begin(session, asked, { origin, cookies })
    return () => {
      socket.once("disconnect", close)
      answerPackets(socket, parts, isCommand, (name, input) =>
        session.run(async () => {
          // A send is done also for a device that has gone; nobody waits for the answer to anything else.
          if (session.closed && name !== "message:send") throw new HubError("unavailable")
          return perform(session, name, input)
        }),
      )
      session.wire.ready(session.state("connect", situation, outcome))
      session.release(offset)
    }
  } catch (error) {
    close()
    throw error
  }
}
