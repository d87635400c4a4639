/**
 * The TCP connections of the HTTP server: their time-outs, upgrades to other protocols than WebSocket, and ending all of them
 * so that the process can end.
 */
import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { corkTurn } from "../socket/corked-turn.ts"
import { forgetResponse } from "../socket/spent-handshake.ts"
import { WORK } from "../socket/work.ts"
import { Intake, type IntakeParts } from "./intake.ts"
import type { RequestBudget } from "./request-budget.ts"

/** A connection whose headers are not complete within this time is closed, and one whose whole request is not. */
const HEADERS_MS = 20_000
const REQUEST_MS = 60_000
/** Headers that offer an upgrade: they are dropped when the request is answered as a plain one. */
const UPGRADE_HEADERS = /^(?:upgrade|http2-settings|connection)$/i

/** Browsers open connections that they do not use, and are not blamed for it. */
const TOO_SLOW = "ERR_HTTP_REQUEST_TIMEOUT"
/** Statuses for what cannot be parsed, the same as Node's own. */
const REFUSED: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  [TOO_SLOW]: "408 Request Timeout",
}

/** Node answers `100-continue` itself; the hub knows of no other expectation. */
const NOT_EXPECTED = "417 Expectation Failed"

/** Bytes that may come with an upgrade. */
const EARLY_BYTES = 1_024

const refused = (status: string): string => `HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`

/**
 * Between two owners (the intake, Node's HTTP server, Engine.IO while it asks whether an upgrade is admitted, the answer to a
 * refused one) a connection has no listener for errors, and a reset in that moment would end the process.
 */
const outlive = (): void => undefined

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
  given: Pick<IntakeParts, "addresses" | "now">,
): Connections {
  http.keepAliveTimeout = keepAliveMs
  http.headersTimeout = HEADERS_MS
  http.requestTimeout = REQUEST_MS
  const open = new Set<Duplex>()
  // One function for all connections, called with each as `this`.
  function closed(this: Socket): void {
    open.delete(this)
  }
  const node = http.listeners("connection")
  const letIn: IntakeParts["letIn"] = (socket, address) => {
    for (const listener of node) Reflect.apply(listener, http, [socket])
    budget.watch(socket, address)
    socket.resume()
  }
  const intake = new Intake({ ...given, silenceMs: HEADERS_MS, letIn })
  http.removeAllListeners("connection").on("connection", (socket: Socket) => {
    open.add(socket)
    socket.on("close", closed).on("error", outlive)
    intake.enter(socket)
  })
  http.on("connect", (_request: IncomingMessage, socket: Socket) => budget.refuse(socket))
  http.on("checkExpectation", ({ socket }: IncomingMessage) => budget.refuse(socket, refused(NOT_EXPECTED)))
  http.on("clientError", ({ code = "" }: NodeJS.ErrnoException, socket: Socket) => {
    const answer = refused(REFUSED[code] ?? "400 Bad Request")
    if (code.startsWith("HPE_")) budget.refuse(socket, answer)
    else if (code === TOO_SLOW && socket.writable) socket.end(answer).destroySoon()
    else socket.destroy()
  })
  const upgrade = http.listeners("upgrade")
  http
    .removeAllListeners("upgrade")
    .on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const ours = opensSocket(request, websocketPath)
      budget.takeUpgrade(request)
      // A client has to wait for the answer before it sends frames; what comes with the request would be kept until then.
      if (ours && head.length > EARLY_BYTES) return budget.refuse(request.socket, refused("400 Bad Request"))
      const address = budget.release(request.socket)
      if (!ours && address) {
        address.charge(WORK.reread, given.now())
        putBack(request, head)
        return letIn(request.socket, address)
      }
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

/** Whether Engine.IO will take it: what it refuses is answered as a plain request, for its own answer is cut off. */
function opensSocket({ method, headers, url = "" }: IncomingMessage, path: string): boolean {
  if (method !== "GET" || !/^websocket$/i.test(headers.upgrade ?? "")) return false
  if (!url.startsWith(`${path}/`)) return false
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1))
  return query.get("EIO") === "4" && query.get("transport") === "websocket" && !query.has("sid")
}

/**
 * A client that offers another protocol (`h2c`: curl --http2, Java) takes an answer in this one (RFC 9110, 7.8). Node has
 * given the connection away by now, so the request is put back, without the offer, and read once more.
 */
function putBack(request: IncomingMessage, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders, socket } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ""
    if (!UPGRADE_HEADERS.test(name)) lines.push(`${name}: ${rawHeaders[i + 1]}`)
  }
  // Closed after the answer: Node does not go on reading a connection that was upgraded and handed back.
  lines.push("connection: close")
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]))
}
