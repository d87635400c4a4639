/**
 * What plain requests cost, charged before they are answered, in the units of `edge/socket/work.ts`. A connection that has
 * spent what it had is answered later, and one that goes on all the same is ended; no balancer and no browser comes near.
 * Behind a named proxy many people share a connection, so there it is the visitor's address that pays.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { BODY_BYTES } from "../../protocol/untrusted.ts"
import type { AddressQuotas } from "../socket/address-quotas.ts"
import { PIECE_WORK, workRate } from "../socket/work.ts"
import { WorkCredit } from "../socket/work-credit.ts"

/** Of a request for which the route names nothing else. */
const REQUEST_WORK = 5
/** A connection that was opened for it. */
const FIRST_WORK = 5
/** Bytes of requests for one unit: headers taken apart, bodies parsed. */
const HEARD_BYTES = 400
const ANSWERED_BYTES = 8_192
/** What the name or the value of a header costs beside its own bytes. */
const FIELD_BYTES = 4
/** Requests of one connection that wait for their answers; browsers and balancers send one at a time. */
const MAX_PIPELINED = 16
/**
 * After connections from one place had to be ended, the next ones are read a little later, and begin with less: with a
 * plain request's worth at least, and with a body's at least before they are ended.
 */
const AFTER_CUT = { waitMs: 25, longestMs: 250, leastBegin: 60, leastOwed: 250 }
/** Requests of all connections that wait because theirs have spent too much; the others are not answered at all. */
const MAX_WAITING = 1_000

export interface RequestBudgetParts {
  readonly addresses: AddressQuotas
  /** Unix milliseconds. */
  readonly now: () => number
  /** Whether the caller has shown the operator's token: their own programs may ask as much as they like. */
  readonly operator: (authorization: string | undefined) => boolean
}

const RATE = workRate(1)

class Quota {
  readonly credit: WorkCredit
  /** What it may owe before it is ended. */
  readonly mayOwe: number
  /** Requests without an answer. */
  unanswered = 0
  requests = 0
  /** The operator's program. */
  trusted = false

  /** @param cuts connections of the same place that had to be ended lately */
  constructor(now: number, cuts: number) {
    const { saved, owed } = RATE
    const begin = Math.max(AFTER_CUT.leastBegin, saved / 4 ** cuts)
    this.credit = new WorkCredit(RATE, now, begin)
    this.mayOwe = Math.max(AFTER_CUT.leastOwed, (owed * begin) / saved)
  }
}

export class RequestBudget {
  readonly #parts: RequestBudgetParts
  readonly #quotas = new WeakMap<Socket, Quota>()
  /** One function for all connections, called on each. */
  readonly #onData: (this: Socket, chunk: Buffer) => void
  #waiting = 0

  constructor(parts: RequestBudgetParts) {
    this.#parts = parts
    const hear = (socket: Socket, chunk: Buffer): void => this.#hear(socket, chunk)
    this.#onData = function (chunk) {
      hear(this, chunk)
    }
  }

  watch(socket: Socket): void {
    const now = this.#parts.now()
    if (this.#parts.addresses.bars(socket, now)) return void socket.destroy()
    const cuts = this.#parts.addresses.peer(socket, now).recentCuts(now)
    if (!this.#quotas.has(socket)) this.#quotas.set(socket, new Quota(now, cuts))
    // Before Node, which takes apart all that a piece holds, also on a connection that is ended meanwhile.
    socket.prependListener("data", this.#onData)
    if (cuts > 0) readLater(socket, Math.min(AFTER_CUT.longestMs, cuts * AFTER_CUT.waitMs))
  }

  /** The connection speaks another protocol from now on, and is counted there. */
  release(socket: Socket): void {
    socket.removeListener("data", this.#onData)
    this.#quotas.delete(socket)
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
    quota.trusted ||= this.#parts.operator(request.headers.authorization)
    if (quota.trusted) return 0
    const wait = this.#pay(request, quota, work + (quota.requests === 1 ? FIRST_WORK : 0))
    if (wait > 0 && this.#waiting >= MAX_WAITING) return this.#end(socket)
    return wait
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
    // Before it is read, and also where the next one comes on a connection of its own.
    address.charge(work + (headBytes(request) + bodyBytes(request)) / HEARD_BYTES, now)
    // Behind a proxy the connection is everybody's.
    if (this.#parts.addresses.forwarded(request)) return address.wait(now)
    this.#charge(request.socket, work)
    return Math.max(address.wait(now), quota.credit.wait(now))
  }

  #hear(socket: Socket, chunk: Buffer): void {
    this.#charge(socket, chunk.length / HEARD_BYTES + PIECE_WORK)
    if (!socket.destroyed && requestsIn(chunk) > MAX_PIPELINED && !this.#quotas.get(socket)?.trusted)
      this.#end(socket)
    // No request begins with a zero: there is nothing to take apart.
    if (socket.destroyed) chunk.fill(0)
  }

  #charge(socket: Socket, work: number): void {
    const quota = this.#quotas.get(socket)
    if (!quota || quota.trusted) return
    const now = this.#parts.now()
    quota.credit.charge(work, now)
    if (quota.credit.balance(now) <= -quota.mayOwe) this.#end(socket)
  }

  #end(socket: Socket): undefined {
    if (socket.destroyed) return
    const now = this.#parts.now()
    this.#parts.addresses.peer(socket, now).cut(now)
    socket.destroy()
  }
}

/** What it says meanwhile stays with the kernel. Not before there is a listener: then it would never be read again. */
function readLater(socket: Socket, waitMs: number): void {
  socket.pause()
  setTimeout(() => socket.resume(), waitMs).unref()
}

/** What a request says of its body; one that does not say how long it is may be as long as any. */
function bodyBytes({ headers }: IncomingMessage): number {
  if (headers["transfer-encoding"] !== undefined) return BODY_BYTES
  return Math.min(BODY_BYTES, Number(headers["content-length"] ?? 0))
}

/** Lines of the request: as long as they are, and each a value to be made. */
function headBytes({ url = "", rawHeaders }: IncomingMessage): number {
  let bytes = url.length
  for (const text of rawHeaders) bytes += text.length + FIELD_BYTES
  return bytes
}

const END_OF_HEADERS = Buffer.from("\r\n\r\n")

/** How many there are at most: bodies are JSON, which has no blank lines of this kind, or are refused anyway. */
function requestsIn(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(END_OF_HEADERS); at >= 0; at = chunk.indexOf(END_OF_HEADERS, at + 4)) {
    count += 1
    if (count > MAX_PIPELINED) break
  }
  return count
}
