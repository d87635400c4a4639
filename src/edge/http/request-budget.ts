/**
 * Limits plain HTTP requests by their cost, in the units of `edge/socket/work.ts`. A connection that has used up its credit is
 * answered later, and one that goes on all the same is ended; load balancers and browsers stay far below that. Behind a
 * trusted proxy many people share a connection, so there the address of the client pays.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { BODY_BYTES } from "../../protocol/untrusted.ts"
import type { AddressQuota, AddressQuotas } from "../socket/address-quotas.ts"
import { PIECE_WORK, WORK, workRate } from "../socket/work.ts"
import { WorkCredit } from "../socket/work-credit.ts"

/** Cost of a request whose route names no other. */
const REQUEST_WORK = 5
/** Added for the first request of a connection. */
const FIRST_WORK = 5
/** Bytes of requests that cost one unit: headers and bodies are parsed. */
const HEARD_BYTES = 400
/**
 * Added for each line beyond those of a head: Node hands on each chunk of a body by itself, and a chunk may have one byte.
 */
const LINE_WORK = 0.1
const HEAD_LINES = 64
/** Lines of one piece of TCP data. Node takes a piece apart without a turn of the loop: so many hold it for some 10 ms. */
const MAX_LINES = 4_000
/** Pieces of TCP data in a row of an address that has no credit left: the largest body comes in fewer. */
const MAX_UNPAID = 100
/** Of an upgrade's path, for one unit. */
const QUERY_BYTES = 40
const ANSWERED_BYTES = 8_192
/** Bytes that each header name and each value count in addition to its own. */
const FIELD_BYTES = 4
/** Requests of one connection that wait for their answers; browsers and balancers send one at a time. */
const MAX_PIPELINED = 16
/**
 * After connections from one address had to be ended, the next ones begin with less credit, but with enough for a plain
 * request, and may owe enough for a body before they are ended.
 */
const AFTER_CUT = { leastBegin: 60, leastOwed: 250 }
/** Requests of all connections that wait because theirs have spent too much; the others are not answered at all. */
const MAX_WAITING = 1_000

export interface RequestBudgetParts {
  readonly addresses: AddressQuotas
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number
  /** Whether the request bears the admin token: the operator's own programs are not limited. */
  readonly operator: (authorization: string | undefined) => boolean
}

const RATE = workRate(1)

class Quota {
  readonly credit: WorkCredit
  /** How much it may owe before it is ended. */
  readonly mayOwe: number
  /** The client's; behind a proxy, that of the last request. */
  address: AddressQuota
  /** Requests without an answer. */
  unanswered = 0
  requests = 0
  /** Pieces in a row for which its address had no credit. */
  unpaid = 0
  /** It has shown the admin token. */
  trusted = false

  constructor(now: number, address: AddressQuota) {
    const { saved, owed } = RATE
    const begin = Math.max(AFTER_CUT.leastBegin, saved / 4 ** address.recentCuts(now))
    this.address = address
    this.credit = new WorkCredit(RATE, now, begin)
    this.mayOwe = Math.max(AFTER_CUT.leastOwed, (owed * begin) / saved)
  }
}

export class RequestBudget {
  readonly #parts: RequestBudgetParts
  readonly #quotas = new WeakMap<Socket, Quota>()
  /** One function for all connections, called with each as `this`. */
  readonly #onData: (this: Socket, chunk: Buffer) => void
  #waiting = 0

  constructor(parts: RequestBudgetParts) {
    this.#parts = parts
    const hear = (socket: Socket, chunk: Buffer): void => this.#hear(socket, chunk)
    this.#onData = function (chunk) {
      hear(this, chunk)
    }
  }

  watch(socket: Socket, address: AddressQuota): void {
    this.#quotas.set(socket, new Quota(this.#parts.now(), address))
    // Listens before Node does: Node parses all of a chunk even if the connection is ended meanwhile.
    socket.prependListener("data", this.#onData)
  }

  /**
   * The connection speaks another protocol from now on, and is counted there.
   *
   * @returns the address of its client
   */
  release(socket: Socket): AddressQuota | undefined {
    const address = this.#quotas.get(socket)?.address
    socket.removeListener("data", this.#onData)
    this.#quotas.delete(socket)
    return address
  }

  /** @returns milliseconds after which the request is answered; `undefined` where it is not, for the connection is ended */
  take(request: IncomingMessage, response: ServerResponse, work = REQUEST_WORK): number | undefined {
    const { socket } = request
    const quota = this.#quotas.get(socket)
    if (!quota) return 0
    if (socket.destroyed || quota.unanswered >= MAX_PIPELINED) return this.#end(socket)
    quota.unanswered += 1
    quota.requests += 1
    response.once("close", () => {
      quota.unanswered -= 1
    })
    if (quota.trusted || this.#trusts(request, quota)) return 0
    const wait = this.#pay(request, quota, work + (quota.requests === 1 ? FIRST_WORK : 0))
    if (wait > 0 && this.#waiting >= MAX_WAITING) return this.#end(socket)
    return wait
  }

  /** From then on all of the connection is the operator's, unless it is a proxy's: then others' requests come over it, too. */
  #trusts(request: IncomingMessage, quota: Quota): boolean {
    if (!this.#parts.operator(request.headers.authorization)) return false
    if (!this.#parts.addresses.forwarded(request)) quota.trusted = true
    else this.#charge(request.socket, -(headBytes(request) + bodyBytes(request)) / HEARD_BYTES)
    return true
  }

  /** An upgrade's own cost is charged where it is admitted; this is for its length. Its query is parsed twice. */
  takeUpgrade(request: IncomingMessage): void {
    const now = this.#parts.now()
    const work = headBytes(request) / HEARD_BYTES + (request.url ?? "").length / QUERY_BYTES
    this.#parts.addresses.of(request, now).charge(work, now)
  }

  /** Resolves when a request that was told to wait may be answered. */
  async waited(wait: number): Promise<void> {
    this.#waiting += 1
    await new Promise<void>((resolve) => setTimeout(resolve, wait).unref())
    this.#waiting -= 1
  }

  chargeAnswer({ socket }: IncomingMessage, bytes: number): void {
    this.#charge(socket, bytes / ANSWERED_BYTES)
  }

  #pay(request: IncomingMessage, quota: Quota, work: number): number {
    const now = this.#parts.now()
    const address = this.#parts.addresses.of(request, now)
    quota.address = address
    // The address pays, too: else a client could use a new connection for each request.
    address.charge(work + (headBytes(request) + bodyBytes(request)) / HEARD_BYTES, now)
    // Behind a proxy the connection belongs to many clients.
    if (this.#parts.addresses.forwarded(request)) return address.wait(now)
    this.#charge(request.socket, work)
    return Math.max(address.wait(now), quota.credit.wait(now))
  }

  #hear(socket: Socket, chunk: Buffer): void {
    const quota = this.#quotas.get(socket)
    const now = this.#parts.now()
    const lines = linesIn(chunk)
    const pieces = PIECE_WORK + Math.max(0, lines - HEAD_LINES) * LINE_WORK
    this.#charge(socket, chunk.length / HEARD_BYTES + pieces)
    if (quota && !quota.trusted) {
      // The address pays for bytes with the request that they make, for pieces also if they never make one.
      quota.address.charge(pieces, now)
      quota.unpaid = quota.address.spent(now) ? quota.unpaid + 1 : 0
      if (quota.unpaid > MAX_UNPAID || lines > MAX_LINES || requestsIn(chunk) > MAX_PIPELINED)
        this.#end(socket)
    }
    // Line ends before a request are skipped by Node's parser; anything else in the rest would be parsed or be an error.
    if (socket.destroyed) chunk.fill("\r\n")
  }

  #charge(socket: Socket, work: number): void {
    const quota = this.#quotas.get(socket)
    if (!quota || quota.trusted) return
    const now = this.#parts.now()
    quota.credit.charge(work, now)
    if (quota.credit.balance(now) <= -quota.mayOwe) this.#end(socket)
  }

  /** Ends a connection that sent no valid request, or one that no browser and no balancer sends. */
  refuse(socket: Socket, answer?: string): void {
    const quota = this.#quotas.get(socket)
    if (!quota || socket.destroyed) return
    this.#blame(quota)
    // While another answer is being written, this one would be read as a part of it.
    if (answer === undefined || quota.unanswered > 0) socket.destroy()
    else {
      this.release(socket)
      socket.end(answer)
      socket.destroySoon()
    }
  }

  #end(socket: Socket): undefined {
    const quota = this.#quotas.get(socket)
    if (!quota || socket.destroyed) return
    this.#blame(quota)
    socket.destroy()
  }

  #blame({ address }: Quota): void {
    const now = this.#parts.now()
    address.cut(now)
    address.charge(WORK.cut, now)
  }
}

/** The announced size of the body; without one, the largest that is allowed. */
function bodyBytes({ headers }: IncomingMessage): number {
  if (headers["transfer-encoding"] !== undefined) return BODY_BYTES
  return Math.min(BODY_BYTES, Number(headers["content-length"] ?? 0))
}

/** The size of the request line and the headers, with a surcharge for each. */
function headBytes({ url = "", rawHeaders }: IncomingMessage): number {
  let bytes = url.length
  for (const text of rawHeaders) bytes += text.length + FIELD_BYTES
  return bytes
}

const LINE_FEED = 0x0a

function linesIn(chunk: Buffer): number {
  let lines = 0
  for (let at = 0; at < chunk.length; at += 1) if (chunk[at] === LINE_FEED) lines += 1
  return lines
}

const END_OF_HEADERS = Buffer.from("\r\n\r\n")

/** An upper bound of the number of requests in a chunk: JSON bodies never contain the end of headers. */
function requestsIn(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(END_OF_HEADERS); at >= 0; at = chunk.indexOf(END_OF_HEADERS, at + 4)) {
    count += 1
    if (count > MAX_PIPELINED) break
  }
  return count
}
