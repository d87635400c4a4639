/**
 * Stands between Engine.IO and Socket.IO: it gives every connection a `GuardedConnection`, which sees each frame before
 * Socket.IO does, and each packet that is written.
 */
import type { IncomingMessage } from "node:http"
import type { Clock } from "../../lib/clock.ts"
import { HubError } from "../../protocol/errors.ts"
import type { AddressQuotas } from "./address-quotas.ts"
import type { EngineConnection } from "./engine-connection.ts"
import { FrameWriter } from "./frame-writer.ts"
import type { EndReason, GuardParts } from "./guard-parts.ts"
import { GuardedConnection } from "./guarded-connection.ts"
import { UnreadRest } from "./unread-rest.ts"
import { WORK } from "./work.ts"

type Decide = (refusal: string | null | undefined, admitted: boolean) => void

/**
 * How long a refusal is held back, to slow down clients that try again and again, and how many are held at the same
 * time; others are sent at once.
 */
const REFUSAL_MS = 2_500
const MAX_HELD_REFUSALS = 2_000

/** Decides on an upgrade to WebSocket: too many from one address are refused, and after cuts new ones have to wait. */
export function admission(addresses: AddressQuotas, clock: Clock) {
  let held = 0
  const later = (request: IncomingMessage, waitMs: number, act: () => void): void => {
    const { socket } = request
    const address = addresses.of(request, clock.now())
    const left = (): void => address.charge(WORK.left, clock.now())
    socket.once("close", left)
    clock.after(waitMs, () => {
      socket.off("close", left)
      if (!socket.destroyed) act()
    })
  }
  return (request: IncomingMessage, decide: Decide): void => {
    try {
      const waitMs = addresses.arrive(request, clock.now())
      const letIn = (): void => decide(undefined, true)
      if (waitMs === 0) letIn()
      else later(request, waitMs, letIn)
    } catch (error) {
      const refuse = (): void => decide(error instanceof HubError ? error.message : "refused", false)
      if (held >= MAX_HELD_REFUSALS) {
        refuse()
        return
      }
      held += 1
      clock.after(REFUSAL_MS, () => {
        held -= 1
      })
      later(request, REFUSAL_MS, refuse)
    }
  }
}

/** Packets of the engine that a client sends on a WebSocket that it opened; it probes and upgrades none. */
const SENT_BY_CLIENTS: ReadonlySet<string> = new Set(["pong", "message", "close"])
/** How the WebSocket library begins what it says of a frame that breaks its protocol. */
const BAD_FRAME = /Invalid WebSocket frame|Max payload size/
/** Engine.IO's number for an upgrade that `admission` has refused, and charged. */
const FORBIDDEN = 4
/** What may still be on its way when a connection is closed, and what each chunk counts beside its bytes. */
const LATE_BYTES = 256 * 1024
const CHUNK_BYTES = 2_048

/** The part of Engine.IO's server and sockets that is used: documented events. */
interface Engine {
  on(event: "connection", listener: (conn: Connection) => void): unknown
  on(event: "connection_error", listener: (error: UpgradeError) => void): unknown
}
interface UpgradeError {
  readonly req: IncomingMessage
  readonly code: number
}
interface Connection extends EngineConnection {
  listeners(event: "data"): readonly unknown[]
  removeAllListeners(event: "data"): unknown
  on(event: string, listener: (this: Connection, detail: never) => void): unknown
}
interface Packet {
  readonly type: string
  readonly data?: unknown
}

export interface ConnectionGuardParts {
  readonly addresses: AddressQuotas
  readonly namespaces: ReadonlySet<string>
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number
  readonly onEnd: (reason: EndReason) => void
}

export class ConnectionGuard {
  readonly #connections = new WeakMap<object, GuardedConnection>()
  readonly #parts: GuardParts & ConnectionGuardParts
  // One function of each kind for all connections, called with each as `this`: closures for each would take memory.
  readonly #packet: (this: Connection, packet: Packet) => void
  readonly #packetCreate: (this: Connection, packet: Packet) => void
  readonly #flush: (this: Connection) => void
  readonly #close: (this: Connection, reason: string, error?: Partial<Error>) => void

  constructor(parts: ConnectionGuardParts) {
    this.#parts = { ...parts, rest: new UnreadRest(), writer: new FrameWriter() }
    const of = (conn: Connection): GuardedConnection => this.of(conn)
    this.#packet = function ({ type, data }) {
      if (SENT_BY_CLIENTS.has(type)) of(this).heardPacket(sizeOf(data))
      else of(this).end("packet")
    }
    this.#packetCreate = function ({ data }) {
      of(this).queued(sizeOf(data))
    }
    this.#flush = function () {
      of(this).output.flushed()
    }
    this.#close = function (_reason, error) {
      const guarded = of(this)
      if (BAD_FRAME.test(error?.message ?? "")) guarded.end("packet")
      guarded.closed()
    }
  }

  watch(engine: object): void {
    // The boundary: Socket.IO's types know the engine's server by another name.
    const watched = engine as Engine
    const { addresses, now } = this.#parts
    watched.on("connection", (conn) => this.#guard(conn))
    watched.on("connection_error", ({ req, code }) => {
      if (code !== FORBIDDEN) addresses.of(req, now()).charge(WORK.cut, now())
    })
  }

  of(conn: object): GuardedConnection {
    const guarded = this.#connections.get(conn)
    if (!guarded) throw new Error("a connection came in past the guard")
    return guarded
  }

  #guard(conn: Connection): void {
    const { addresses, now, rest } = this.#parts
    // The boundary: the request is Node's own, of which the engine's type names no more than this.
    const request = conn.request as Parameters<AddressQuotas["of"]>[0]
    const guarded = new GuardedConnection(conn, addresses.of(request, now()), this.#parts)
    this.#connections.set(conn, guarded)
    const [read, ...others] = conn.listeners("data") as readonly ((data: unknown) => void)[]
    if (!read || others.length > 0) throw new Error("Socket.IO reads a connection in another way than it did")
    conn.removeAllListeners("data")
    conn.on("data", (data: unknown) => {
      if (guarded.admits(data)) read(data)
    })
    // One listener before WebSocket parses a chunk, and one after.
    request.socket.prependListener("data", rest.comes)
    let late = 0
    request.socket.on("data", (chunk: Buffer) => {
      rest.wasRead()
      if (guarded.ended) {
        late += chunk.length + CHUNK_BYTES
        if (late > LATE_BYTES) request.socket.destroy()
        return
      }
      guarded.heardBytes(chunk.length)
      // Pongs of WebSocket itself are written below the engine, in answer to what is read.
      guarded.checkOutput()
    })
    conn.on("packet", this.#packet)
    conn.on("packetCreate", this.#packetCreate)
    conn.on("flush", this.#flush)
    conn.on("close", this.#close)
  }
}

const sizeOf = (data: unknown): number =>
  typeof data === "string" || Buffer.isBuffer(data) ? Buffer.byteLength(data) : 0
