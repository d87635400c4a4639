/**
 * Releases memory. Node, Engine.IO and Socket.IO keep the HTTP request as long as the connection lives, though none of it is
 * read once a session has begun: headers, raw headers, query, the response, and the listeners that hold them. The package
 * `ws` keeps the chunk that it read last, here the one with the credentials, until the next comes.
 *
 * Neither has an interface for that. This file is the only one that touches these fields, and its test checks with the
 * installed version that the request is released, and that what is read later is still there.
 */
import type { IncomingHttpHeaders } from "node:http"
import type { Socket as TcpSocket } from "node:net"
import type { Duplex } from "node:stream"

/** The parts of a request that are read when the same connection enters another namespace. */
interface SpentRequest {
  readonly socket: TcpSocket
  readonly connection: TcpSocket
  readonly headers: IncomingHttpHeaders
  readonly url: string
  readonly _query: object
}

/** A socket of Socket.IO, as it is at run time. */
interface Connected {
  readonly conn: {
    request: { readonly socket: TcpSocket; readonly headers: IncomingHttpHeaders }
    readonly transport: {
      removeAllListeners(event: "headers"): unknown
      /** Of the package `ws`; `_mask` is the part of the chunk last read that masks its frame. */
      readonly socket: { readonly _receiver: { _mask: Buffer | undefined } }
    }
  }
  handshake: object
}

const NO_HEADERS: IncomingHttpHeaders = {}
const NO_QUERY = { EIO: "4", transport: "websocket" }
const SPENT_HANDSHAKE = { headers: NO_HEADERS, auth: {}, query: NO_QUERY }

/**
 * Removes the listener by which the connection holds Engine.IO's response, and so the request. It is only for middleware, of
 * which the hub has none.
 *
 * @param before the number of `close` listeners before Engine.IO got the upgrade
 */
export function forgetResponse(socket: Duplex, before: number): void {
  // The boundary: the listeners of an event are functions of its arguments.
  const added = socket.rawListeners("close").slice(before) as ((...args: unknown[]) => void)[]
  // Engine.IO's listener is the one added with `once`; WebSocket's and the hub's stay as long as the connection lives.
  const once = added.find((listener) => "listener" in listener)
  if (once) socket.removeListener("close", once)
}

/** Drops the request but for its origin and host, which are checked when another namespace is entered on this connection. */
export function dropHandshake(socket: object): void {
  // The boundary: none of these fields is for others to write, by Socket.IO's types.
  const { conn } = socket as Connected
  const { socket: tcp, headers } = conn.request
  const { origin, host } = headers
  const request: SpentRequest = {
    socket: tcp,
    connection: tcp,
    headers: origin === undefined ? NO_HEADERS : { origin, host },
    url: "",
    _query: NO_QUERY,
  }
  conn.request = request
  conn.transport.removeAllListeners("headers")
  const receiver = conn.transport.socket._receiver
  // A frame may have been read half: its mask is needed, but not the chunk with the credentials that it is a part of.
  if (receiver._mask) receiver._mask = Buffer.alloc(receiver._mask.length, receiver._mask)
  ;(socket as Connected).handshake = SPENT_HANDSHAKE
}
