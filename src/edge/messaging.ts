/**
 * The namespace `/messaging`: each socket becomes a session, each packet a command, each refusal an error of the
 * table.
 */
import type { Apps } from "../app/apps.ts"
import { isCommand, refusalOf } from "../app/dispatch.ts"
import { newId } from "../lib/ids.ts"
import type { Log } from "../lib/log.ts"
import { HubError, toWire } from "../protocol/errors.ts"
import { perform } from "./commands.ts"
import { Cookies } from "./cookies.ts"
import { Gate } from "./gate.ts"
import { admit, begin, type VisitorParts, visitorOf } from "./handshake.ts"
import type { Meters } from "./meters.ts"
import type { Services } from "./services.ts"
import { Session } from "./session.ts"
import type { Sessions } from "./sessions.ts"
import { type MessagingNamespace, type MessagingSocket, wireOf } from "./socket.ts"

export interface MessagingParts extends VisitorParts {
  readonly namespace: MessagingNamespace
  readonly apps: Apps
  readonly services: Services<Session>
  readonly living: Sessions
  readonly log: Log
  readonly meters: Meters
  /** False while the node drains. */
  readonly open: () => boolean
}

/** Commands of one socket that may wait for their turn. */
const WAITING = 1000

export function serveMessaging(parts: MessagingParts): void {
  const { namespace, meters } = parts
  const gate = new Gate()
  const cookies = new Cookies()
  /** What a socket is told first, once Socket.IO has let it in. */
  const greetings = new WeakMap<MessagingSocket, () => void>()

  namespace.use(async (socket, next) => {
    try {
      gate.pass(socket)
      if (!parts.open()) throw new HubError("unavailable", "This node is going down.")
      greetings.set(socket, await welcome(parts, socket, cookies.take(socket)))
      meters.handshakes.inc({ code: "ok" })
      next()
    } catch (error) {
      gate.free(socket)
      const refusal = refusalOf(error)
      if (refusal.code === "internal") parts.log.error("a handshake failed", { error })
      meters.handshakes.inc({ code: refusal.code })
      next(Object.assign(new Error(refusal.message), { data: toWire(refusal) }))
    }
  })

  namespace.on("connection", (socket) => {
    socket.on("disconnect", () => gate.free(socket))
    greetings.get(socket)?.()
  })
}

/** @returns what makes the session begin: `ready`, then the feed, then its commands */
async function welcome(
  parts: MessagingParts,
  socket: MessagingSocket,
  cookies: string | undefined,
): Promise<() => void> {
  const { apps, services, living } = parts
  const auth: unknown = socket.handshake.auth
  // Credentials are read once; nothing that looks at the handshake later finds them.
  socket.handshake.auth = {}
  const { origin } = socket.handshake.headers
  const { app, asked } = await admit(apps, auth, origin)
  const identity = await visitorOf(app, asked, parts)
  const device = { id: asked.deviceId ?? newId("dev", 0), channel: asked.channel }
  const session = new Session(app, device, identity, services, wireOf(socket))
  // The engine's close comes also where Socket.IO never let the socket in.
  socket.conn.once("close", () => close())
  const close = (): void => {
    living.remove(session)
    session.close()
  }
  living.add(session, socket)
  try {
    const { situation, offset, outcome } = await begin(session, asked, { origin, cookies })
    return () => {
      socket.once("disconnect", close)
      listen(parts, socket, session)
      session.wire.ready(session.state("connect", situation, outcome))
      session.release(offset)
    }
  } catch (error) {
    close()
    throw error
  }
}

type Acknowledge = (answer: unknown) => void

/** Every packet is seen here, also one with a name that nobody serves; none goes on to Socket.IO's own handlers. */
function listen(parts: MessagingParts, socket: MessagingSocket, session: Session): void {
  const { meters } = parts
  let waiting = 0
  socket.use((packet) => {
    const [name, input] = packet
    const last: unknown = packet.at(-1)
    // Without an acknowledgement there is nobody to answer: it is counted, and that is all.
    if (typeof last !== "function") return meters.commands.inc({ command: "none", code: "bad_request" })
    // The boundary: Socket.IO made this function for the packet's acknowledgement.
    const ack = last as Acknowledge
    const command = isCommand(name) ? name : undefined
    const refuse = (error: unknown): void => {
      const refusal = refusalOf(error)
      if (refusal.code === "internal") parts.log.error("a command failed", { command, error })
      meters.commands.inc({ command: command ?? "unknown", code: refusal.code })
      ack({ ok: false, error: toWire(refusal) })
    }
    try {
      if (!command) throw new HubError("bad_request", "There is no such command.")
      if (packet.length !== 3)
        throw new HubError("bad_request", "A command has one body and an acknowledgement.")
      if (waiting >= WAITING) throw new HubError("rate_limited", "Too many commands are waiting.", 1000)
      waiting += 1
      session
        .run(async () => perform(session, command, input))
        .then(({ result, afterwards }) => {
          meters.commands.inc({ command, code: "ok" })
          ack({ ok: true, result })
          afterwards?.()
        })
        .catch(refuse)
        .finally(() => {
          waiting -= 1
        })
    } catch (error) {
      refuse(error)
    }
  })
}
