/** The namespace `/messaging`: each socket of an end user becomes a session (docs/protocol.md 3). */
import type { Apps } from "../../app/app-registry.ts"
import { isCommand } from "../../app/dispatch.ts"
import type { SendTurn } from "../../app/send-message.ts"
import { newId } from "../../lib/ids.ts"
import type { CommandName } from "../../protocol/commands.ts"
import { HubError } from "../../protocol/errors.ts"
import type { MessagingAuth } from "../../protocol/handshake.ts"
import { Cookies } from "../auth/cookies.ts"
import { corkTurn } from "../socket/corked-turn.ts"
import { type GuardedConnection, STORED } from "../socket/guarded-connection.ts"
import { ownTurn } from "../socket/own-turn.ts"
import {
  answerPackets,
  type CommandAnswer,
  type PacketParts,
  serveNamespace,
  takeAuth,
} from "../socket/packets.ts"
import { resultWork } from "../socket/result-work.ts"
import { dropHandshake } from "../socket/spent-handshake.ts"
import { STATE_BYTES, WORK } from "../socket/work.ts"
import { sendHead } from "./head-signal.ts"
import type { SessionDeps } from "./session-deps.ts"
import { demandProof, SessionLimits, type SessionLimitsParts } from "./session-limits.ts"
import type { SessionRegistry } from "./session-registry.ts"
import { type MessagingNamespace, type MessagingSocket, SocketTransport } from "./socket-transport.ts"
import { perform } from "./user-commands.ts"
import { Session } from "./user-session.ts"
import {
  type Browser,
  openSession,
  type VisitorParts,
  validateHandshake,
  visitorIdentity,
} from "./validate-handshake.ts"

export interface MessagingParts extends VisitorParts, PacketParts, SessionLimitsParts {
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
  const { apps, deps, guard } = parts
  const auth = takeAuth(socket)
  const { origin } = socket.handshake.headers
  const { app, asked } = await validateHandshake(apps, auth, socket.handshake.headers)
  demandProof(app, asked)
  const identity = await visitorIdentity(app, asked, parts)
  const device = { id: asked.deviceId ?? newId("dev", 0), channel: asked.channel }
  const connection = guard.of(socket.conn)
  const session = new Session(app, device, identity, deps, new SocketTransport(socket, connection))
  const socketSession = new SocketSession(session, socket, connection, parts)
  await socketSession.open(asked, { origin, cookies })
  return beginning(socketSession)
}

/** Socket.IO keeps this function as long as the socket lives, so it must not hold the handshake. */
const beginning = (socketSession: SocketSession) => () => socketSession.begin()

/** One socket and its session, from the handshake to the close. */
class SocketSession {
  readonly #session: Session
  readonly #socket: MessagingSocket
  readonly #connection: GuardedConnection
  readonly #limits: SessionLimits
  readonly #parts: MessagingParts
  /** Whether the user is in the store: the handshake named a visitor or a person, or a message was sent. */
  #known = false
  /** What the first `ready` will say; dropped when it is sent. */
  #opened: Awaited<ReturnType<typeof openSession>> | undefined

  constructor(
    session: Session,
    socket: MessagingSocket,
    connection: GuardedConnection,
    parts: MessagingParts,
  ) {
    this.#session = session
    this.#socket = socket
    this.#connection = connection
    this.#parts = parts
    this.#limits = new SessionLimits(session, socket, connection, parts)
  }

  async open(asked: MessagingAuth, browser: Browser): Promise<void> {
    // The engine's `close` comes also if Socket.IO never accepts the socket.
    this.#socket.conn.on("close", this.#close)
    this.#parts.registry.add(this.#session, this.#socket)
    const { sessionToken, jwt, helpCenter } = asked
    this.#known = sessionToken !== undefined || jwt !== undefined || helpCenter !== undefined
    try {
      this.#opened = await openSession(this.#session, asked, browser)
      this.#limits.take()
      // So that Socket.IO's answer to CONNECT and `ready` leave in one write.
      corkTurn(this.#connection.socket)
    } catch (error) {
      this.#close()
      throw error
    }
  }

  begin(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (!opened) return
    const { situation, outcome, offset } = opened
    const session = this.#session
    const socket = this.#socket
    socket.once("disconnect", this.#close)
    answerPackets(socket, this.#parts, {
      isCommand,
      perform: (name, input, bytes) => this.#answer(name, input, bytes),
      sendsLimited: true,
    })
    const { output } = this.#connection
    const before = output.written
    const state = session.state("connect", situation, outcome)
    session.transport.ready(state)
    // Reading a long history is charged each time, so that reconnecting again and again is limited.
    this.#connection.charge((output.written - before) / STATE_BYTES + (this.#known ? WORK.history : 0))
    if (outcome === "merged") {
      this.#connection.charge(resultWork({ outcome, state }, 0))
      this.#connection.chargeAddress(WORK.mergeStored)
    }
    session.release(offset)
    session.own.begin()
    socket.conn.on("heartbeat", this.#onHeartbeat)
    dropHandshake(socket)
  }

  #answer(name: CommandName, input: unknown, bytes: number): Promise<CommandAnswer> {
    const session = this.#session
    const answer = async (turn?: SendTurn): Promise<CommandAnswer> => {
      const waiting = ownTurn(this.#connection, name === STORED)
      if (waiting) await waiting
      // A send is done even if its device has gone; other commands matter only to a device that waits for the answer.
      if (session.closed && name !== STORED) throw new HubError("unavailable")
      this.#limits.demand(name, bytes)
      if (name === STORED && !this.#known) this.#connection.chargeAddress(WORK.newcomer)
      if (name === STORED) this.#known = true
      if (name === "conversation:create") await this.#limits.demandConversation()
      return perform(session, name, input, turn)
    }
    return name === STORED ? session.turns.overlap(answer) : session.turns.run(answer)
  }

  readonly #onHeartbeat = (): void => {
    this.#session.checkClock()
    sendHead(this.#session)
  }

  readonly #close = (): void => {
    const { conn } = this.#socket
    conn.off("close", this.#close)
    conn.off("heartbeat", this.#onHeartbeat)
    this.#parts.registry.remove(this.#session)
    this.#limits.leave()
    this.#session.close()
  }
}
