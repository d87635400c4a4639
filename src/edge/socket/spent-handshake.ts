/**
 * What Node, Engine.IO and Socket.IO keep of the HTTP request for as long as the connection lives, though none of it is
 * read once a session has begun: headers, raw headers, query, the response, and the listeners that hold them.
 *
 * Socket.IO has no way to say so. This file is the only one that reaches for these fields, and its test looks at the
 * installed version: whether the request is let go, and whether what is read later is still there.
 */
import type { IncomingHttpHeaders } from "node:http"
import type { Socket as TcpSocket } from "node:net"
import type { Duplex } from "node:stream"

/** What Socket.IO and the hub read of a request when the same connection enters another namespace. */
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
    readonly transport: { removeAllListeners(event: "headers"): unknown }
  }
  handshake: object
}

const NO_HEADERS: IncomingHttpHeaders = {}
const NO_QUERY = { EIO: "4", transport: "websocket" }
const SPENT_HANDSHAKE = { headers: NO_HEADERS, auth: {}, query: NO_QUERY }

/**
 * Engine.IO's response to an upgrade holds the request, and a listener on the connection holds the response: only to tell
 * middleware, of which the hub has none.
 *
 * @param before how many listeners there were before Engine.IO was given the upgrade
 */
export function forgetResponse(socket: Duplex, before: number): void {
  // The boundary: the listeners of an event are functions of its arguments.
  const added = socket.rawListeners("close").slice(before) as ((...args: unknown[]) => void)[]
  // Engine.IO listens once, where WebSocket and the hub listen as long as the connection lives.
  const once = added.find((listener) => "listener" in listener)
  if (once) socket.removeListener("close", once)
}

/** The origin stays: a namespace that is entered later on this connection looks at it too. */
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
  ;(socket as Connected).handshake = SPENT_HANDSHAKE
}
