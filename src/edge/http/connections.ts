/**
 * The TCP connections of the HTTP server: their time-outs, upgrades to other protocols than WebSocket, and ending all of them
 * so that the process can end.
 */
import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { corkTurn } from "../socket/corked-turn.ts"
import { forgetResponse } from "../socket/spent-handshake.ts"
import type { RequestBudget } from "./request-budget.ts"

/** A connection whose headers are not complete within this time is closed, and one whose whole request is not. */
const HEADERS_MS = 20_000
const REQUEST_MS = 60_000
/** Headers that offer an upgrade: they are dropped when the request is answered as a plain one. */
const UPGRADE_HEADERS = /^(?:upgrade|http2-settings|connection)$/i

export interface Connections {
  /** Destroys every open connection. */
  end(): void
}

/**
 * @param keepAliveMs longer than the load balancer keeps idle connections: the balancer should close first, because a request
 * that it sends while the hub closes is lost
 * @param websocketPath the path of Socket.IO: upgrades to WebSocket elsewhere are answered as plain requests
 */
export function manageConnections(
  http: Server,
  keepAliveMs: number,
  websocketPath: string,
  budget: RequestBudget,
): Connections {
  http.keepAliveTimeout = keepAliveMs
  http.headersTimeout = HEADERS_MS
  http.requestTimeout = REQUEST_MS
  const open = new Set<Duplex>()
  // One function for all connections, called with each as `this`.
  function closed(this: Socket): void {
    open.delete(this)
  }
  http.on("connection", (socket: Socket) => {
    open.add(socket)
    socket.on("close", closed)
    budget.watch(socket)
  })
  const upgrade = http.listeners("upgrade")
  http
    .removeAllListeners("upgrade")
    .on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      budget.release(request.socket)
      const ours =
        /^websocket$/i.test(request.headers.upgrade ?? "") && request.url?.startsWith(websocketPath)
      if (!ours) return answerPlainly(http, request, socket, head)
      // So that the answer to the upgrade and Engine.IO's first packet leave in one write.
      corkTurn(socket)
      const before = socket.listenerCount("close")
      for (const listener of upgrade) Reflect.apply(listener, http, [request, socket, head])
      forgetResponse(socket, before)
    })
  return {
    end() {
      for (const socket of open) socket.destroy()
    },
  }
}

/**
 * A client that offers another protocol (`h2c`: curl --http2, Java) takes an answer in this one (RFC 9110, 7.8). Node has
 * given the connection away by now, so the request is put back, without the offer, and read once more.
 */
function answerPlainly(http: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ""
    if (!UPGRADE_HEADERS.test(name)) lines.push(`${name}: ${rawHeaders[i + 1]}`)
  }
  // Closed after the answer: Node does not go on reading a connection that was upgraded and handed back.
  lines.push("connection: close")
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]))
  http.emit("connection", socket)
}
