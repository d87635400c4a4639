/**
 * Writes packets. A packet is encoded and framed once, however many connections it is for, and everything that one
 * connection gets in one turn of the event loop leaves in one system call.
 *
 * Socket.IO's public interface frames, buffers and writes for each socket, so this file writes WebSocket frames to the TCP
 * socket below Engine.IO. It is the only one that may do so, and its test checks it against the installed version. While
 * Engine.IO still has packets to write, it is given this one as well, so that the order is kept.
 */
import type { Socket as TcpSocket } from "node:net"
import type { AgentEvent } from "../../protocol/agent.ts"
import type { Ack, Result } from "../../protocol/commands.ts"
import type { FeedEvent } from "../../protocol/events.ts"
import { AGENT, type Emitted, MESSAGING, type NamespaceName } from "../../protocol/socket-events.ts"
import { agentEventJson, feedEventJson, sentJson } from "./message-json.ts"

/** A packet of Socket.IO as text, and as the WebSocket frame that carries it. */
export interface Frame {
  readonly text: string
  readonly bytes: Buffer
}

const FINAL_TEXT = 0x81
/** Engine.IO's packet type for Socket.IO's packets. */
const MESSAGE = "4"

/** @param text of a packet, for example `2/messaging,["event",{…}]` */
export function frameOf(text: string): Frame {
  const size = Buffer.byteLength(text)
  const length = size + MESSAGE.length
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const bytes = Buffer.allocUnsafe(head + length)
  bytes[0] = FINAL_TEXT
  if (head === 2) bytes[1] = length
  else if (head === 4) {
    bytes[1] = 126
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
  bytes.write(MESSAGE, head, "latin1")
  // Plain ASCII, as most is, is copied rather than encoded.
  bytes.write(text, head + MESSAGE.length, size === text.length ? "latin1" : "utf8")
  return { text, bytes }
}

export const eventFrame = <N extends NamespaceName, E extends string & keyof Emitted[N]>(
  namespace: N,
  name: E,
  data: Emitted[N][E],
): Frame => frameOf(`2${namespace},["${name}",${JSON.stringify(data)}]`)

/** An event of a user's feed. */
export const feedEventFrame = (event: FeedEvent): Frame =>
  frameOf(`2${MESSAGING},["event",${feedEventJson(event)}]`)

/** An event of the agents' feed. */
export const agentEventFrame = (event: AgentEvent): Frame =>
  frameOf(`2${AGENT},["event",${agentEventJson(event)}]`)

export const answerFrame = (namespace: string, ack: string, answer: Ack<unknown>): Frame =>
  frameOf(`3${namespace},${ack}[${isSent(answer) ? sentJson(answer.result) : JSON.stringify(answer)}]`)

/** Whether it answers a send: in both namespaces only that answer has these two fields. */
const isSent = (answer: Ack<unknown>): answer is { ok: true; result: Result<"message:send"> } =>
  answer.ok &&
  typeof answer.result === "object" &&
  answer.result !== null &&
  "message" in answer.result &&
  "duplicate" in answer.result

/** The part of an Engine.IO connection that is used, as it is at run time. */
export interface FramedConnection {
  readonly readyState: string
  readonly writeBuffer: readonly unknown[]
  readonly request: { readonly socket: TcpSocket }
  readonly transport: { readonly name: string; readonly perMessageDeflate?: unknown }
  write(data: string, options: { compress: boolean; wsPreEncodedFrame: readonly Buffer[] }): unknown
}

/** Whether Engine.IO has nothing to write that must leave first. */
const clear = ({ writeBuffer, transport }: FramedConnection): boolean =>
  writeBuffer.length === 0 && transport.name === "websocket" && !transport.perMessageDeflate

/** Writes frames to the connections of a node. */
export class FrameWriter {
  /** Sockets to which something was written in this turn of the event loop. */
  readonly #corked = new Set<TcpSocket>()

  /** @returns whether it was written past Engine.IO, which then does not count it */
  write(conn: FramedConnection, { text, bytes }: Frame): boolean {
    if (conn.readyState !== "open") return false
    const { socket } = conn.request
    if (!clear(conn) || socket.destroyed) {
      conn.write(text, { compress: false, wsPreEncodedFrame: [bytes] })
      return false
    }
    this.#cork(socket)
    socket.write(bytes)
    return true
  }

  #cork(socket: TcpSocket): void {
    if (this.#corked.has(socket)) return
    if (this.#corked.size === 0) setImmediate(() => this.#uncork())
    this.#corked.add(socket)
    socket.cork()
  }

  #uncork(): void {
    const sockets = [...this.#corked]
    this.#corked.clear()
    for (const socket of sockets) socket.uncork()
  }
}
