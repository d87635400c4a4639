/**
 * Serves a namespace: handshakes, and packets, each of which must be a command with one body and an acknowledgement. Every
 * refusal is an error of the table.
 */
import type { Namespace, Socket } from "socket.io"
import { refusalOf } from "../../app/dispatch.ts"
import { HubError, toWire } from "../../protocol/errors.ts"
import { type BodyWeight, weighBody } from "../../protocol/untrusted.ts"
import type { PresenceMessage } from "../presence/presence-message.ts"
import type { ConnectionGuard } from "./connection-guard.ts"
import type { FaultLog } from "./fault-log.ts"
import { STORED } from "./guarded-connection.ts"
import type { HubMetrics } from "./hub-metrics.ts"
import { resultAddressWork, resultWork } from "./result-work.ts"
import type { SpentNews } from "./shared-counts.ts"
import { WaitingCommands } from "./waiting-commands.ts"
import { PARSED_BYTES, WORK, workOf } from "./work.ts"

/** A long message costs this many times as much as parsing it: it is stored, and written to devices and consoles. */
const LONG_SEND = 4

/** The event maps of either namespace (`protocol/socket-events.ts`). */
type EventMap = Record<string, (...args: never[]) => void>
/** Messages between nodes. */
export interface NodeEvents {
  "hub:presence": (message: PresenceMessage) => void
  "hub:spent": (message: SpentNews) => void
}

export interface PacketParts {
  readonly faults: FaultLog
  readonly hubMetrics: HubMetrics
  /** False while the node drains. */
  readonly open: () => boolean
  readonly guard: ConnectionGuard
}

/** @param onConnect checks the handshake; returns a function that begins the session once Socket.IO has connected it */
export function serveNamespace<Hears extends EventMap, Says extends EventMap, Data>(
  namespace: Namespace<Hears, Says, NodeEvents, Data>,
  parts: PacketParts,
  onConnect: (socket: Socket<Hears, Says, NodeEvents, Data>) => Promise<() => void>,
): void {
  const { faults, hubMetrics, guard } = parts
  const greetings = new WeakMap<Socket<Hears, Says, NodeEvents, Data>, () => void>()

  namespace.use(async (socket, next) => {
    try {
      if (!parts.open()) throw new HubError("unavailable", "This node is shutting down.")
      greetings.set(socket, await onConnect(socket))
      hubMetrics.handshakes.inc({ code: "ok" })
      next()
    } catch (error) {
      guard.of(socket.conn).left(namespace.name)
      const refusal = refusalOf(error)
      if (refusal.code === "internal") faults.failed("a handshake failed", error)
      hubMetrics.handshakes.inc({ code: refusal.code })
      next(Object.assign(new Error(refusal.message), { data: toWire(refusal) }))
    }
  })

  namespace.on("connection", (socket) => {
    socket.on("disconnect", () => guard.of(socket.conn).left(namespace.name))
    greetings.get(socket)?.()
  })
}

/** Credentials are read once and removed, so that no later reader or log of the handshake finds them. */
export function takeAuth(socket: { handshake: { auth: unknown } }): unknown {
  const { auth } = socket.handshake
  socket.handshake.auth = {}
  return auth
}

export interface CommandAnswer<Result = unknown> {
  readonly result: Result
  /** What follows once the acknowledgement that carries the result has gone out. */
  readonly afterwards?: () => void
}

/** The commands of one namespace. */
export interface Served<Name extends string> {
  readonly isCommand: (name: unknown) => name is Name
  readonly perform: (name: Name, input: unknown, bytes: number) => Promise<CommandAnswer>
  /** Whether sends are limited by the app's settings. If not, work is charged for them like for any other command. */
  readonly sendsLimited: boolean
}

/** Every packet is handled here, also one with an unknown name. */
export function answerPackets<Name extends string>(
  socket: Pick<Socket, "conn"> & { readonly nsp: { readonly name: string } },
  { faults, hubMetrics, guard }: PacketParts,
  { isCommand, perform, sendsLimited }: Served<Name>,
): void {
  const connection = guard.of(socket.conn)
  const waiting = new WaitingCommands()
  connection.listen(socket.nsp.name, (packet, answer) => {
    const [name, input] = packet
    const command = isCommand(name) ? name : undefined
    const stores = command === STORED
    // Without an acknowledgement there is no way to answer: it is only counted.
    if (!answer) {
      connection.charge(WORK.refusal + workOf(STORED))
      return hubMetrics.commands.inc({ command: "none", code: "bad_request" })
    }
    let weight: BodyWeight = { bytes: 0, parts: 0 }
    let lookBack = 0
    const refuse = (error: unknown): void => {
      const refusal = refusalOf(error)
      if (refusal.code === "internal") faults.failed("a command failed", error, { command })
      hubMetrics.commands.inc({ command: command ?? "unknown", code: refusal.code })
      const looked = weight.parts * WORK.part
      const unread = refusal.code === "conflict" ? 0 : lookBack
      connection.charge(WORK.refusal + looked - unread + (stores ? workOf(command) : 0))
      answer({ ok: false, error: toWire(refusal) })
    }
    const onResult = ({ result, afterwards }: CommandAnswer): void => {
      hubMetrics.commands.inc({ command: command ?? "unknown", code: "ok" })
      const before = connection.output.written
      answer({ ok: true, result })
      const written = connection.output.written - before
      const parsed = weight.bytes / PARSED_BYTES
      if (stores && !sendsLimited) connection.charge(WORK.stored + LONG_SEND * parsed)
      else if (stores) {
        connection.charge(-parsed - lookBack)
        connection.chargeAddress(WORK.stored + LONG_SEND * parsed)
      } else {
        connection.charge(resultWork(result, written))
        connection.chargeAddress(resultAddressWork(result))
      }
      afterwards?.()
    }
    const serve = async (named: Name, body: unknown): Promise<void> => {
      try {
        onResult(await perform(named, body, weight.bytes))
      } catch (error) {
        refuse(error)
      }
      waiting.leave(weight)
    }
    try {
      if (!command) throw new HubError("bad_request", "There is no such command.")
      if (packet.length !== 2)
        throw new HubError("bad_request", "A command has one body and an acknowledgement.")
      weight = weighBody(input)
      if (stores && looksBack(input)) {
        lookBack = WORK.lookBack
        connection.charge(lookBack)
      }
      waiting.enter(weight)
      void serve(command, input)
    } catch (error) {
      refuse(error)
    }
  })
}

const looksBack = (input: unknown): boolean =>
  typeof input === "object" && input !== null && Reflect.get(input, "ifHead") !== undefined
