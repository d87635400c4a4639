/**
 * The TCP connections under the HTTP side: how long they may be silent, what becomes of an upgrade that is not ours, and
 * that none of them keeps the process from ending.
 */
import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { corkTurn } from "../socket/corked-turn.ts"
import { forgetResponse } from "../socket/spent-handshake.ts"
import type { RequestBudget } from "./request-budget.ts"

/** A request that has not told its headers by then is none; the same for its body. */
const HEADERS_MS = 20_000
const REQUEST_MS = 60_000
/** Of clients, not of hops: they are dropped when a request is handed on as a plain one. */
const UPGRADE_HEADERS = /^(?:upgrade|http2-settings|connection)$/i

export interface Connections {
  /** Ends every connection that is left, whatever it was about to say. */
  end(): void
}

/**
 * @param keepAliveMs longer than the balancer before the hub keeps a connection: who closes first loses no request
 * @param websocketPath where upgrades to WebSocket are at home
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
  // One function for all of them, called on each.
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
      // The answer to the upgrade, and Engine.IO's first packet.
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
  // One answer each: Node does not read a connection on that it has given away twice.
  lines.push("connection: close")
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]))
  http.emit("connection", socket)
}
