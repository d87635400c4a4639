/**
 * What plain requests cost, charged before they are answered, in the units of `edge/socket/work.ts`. A connection that has
 * spent what it had is answered later, and one that goes on all the same is ended; no balancer and no browser comes near.
 * Behind a named proxy many people share a connection, so there it is the visitor's address that pays.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { AddressBook } from "../socket/address-book.ts"
import { PIECE_WORK, workRate } from "../socket/work.ts"
import { WorkCredit } from "../socket/work-credit.ts"

/** Of a request for which the route names nothing else. */
const REQUEST_WORK = 5
/** A connection that was opened for it. */
const FIRST_WORK = 5
/** Bytes of requests for one unit: headers taken apart, bodies parsed. */
const HEARD_BYTES = 400
const ANSWERED_BYTES = 8_192
/** Requests of one connection that wait for their answers; browsers and balancers send one at a time. */
const MAX_PIPELINED = 16
/** Requests of all connections that wait because theirs have spent too much; the others are not answered at all. */
const MAX_WAITING = 1_000

export interface RequestBudgetParts {
  readonly addresses: AddressBook
  /** Unix milliseconds. */
  readonly now: () => number
  /** Whether the caller has shown the operator's token: their own programs may ask as much as they like. */
  readonly operator: (authorization: string | undefined) => boolean
}

class Account {
  readonly credit: WorkCredit
  /** Requests without an answer. */
  unanswered = 0
  requests = 0
  /** The operator's program. */
  trusted = false

  constructor(now: number) {
    this.credit = new WorkCredit(workRate(1), now)
  }
}

export class RequestBudget {
  readonly #parts: RequestBudgetParts
  readonly #accounts = new WeakMap<Socket, Account>()
  /** One function for all connections, called on each. */
  readonly #heard: (this: Socket, chunk: Buffer) => void
  #waiting = 0

  constructor(parts: RequestBudgetParts) {
    this.#parts = parts
    const hear = (socket: Socket, chunk: Buffer): void => this.#hear(socket, chunk)
    this.#heard = function (chunk) {
      hear(this, chunk)
    }
  }

  watch(socket: Socket): void {
    if (this.#parts.addresses.bars(socket, this.#parts.now())) return void this.#end(socket)
    if (!this.#accounts.has(socket)) this.#accounts.set(socket, new Account(this.#parts.now()))
    // Before Node, which takes apart all that a piece holds, also on a connection that is ended meanwhile.
    socket.prependListener("data", this.#heard)
  }

  /** The connection speaks another protocol from now on, and is counted there. */
  release(socket: Socket): void {
    socket.removeListener("data", this.#heard)
    this.#accounts.delete(socket)
  }

  /** @returns milliseconds after which the request is answered; `undefined` where it is not, for the connection is ended */
  take(request: IncomingMessage, response: ServerResponse, work = REQUEST_WORK): number | undefined {
    const { socket } = request
    const account = this.#accounts.get(socket)
    if (!account) return 0
    if (socket.destroyed || account.unanswered >= MAX_PIPELINED) return this.#end(socket)
    account.unanswered += 1
    account.requests += 1
    response.once("close", () => {
      account.unanswered -= 1
    })
    account.trusted ||= this.#parts.operator(request.headers.authorization)
    if (account.trusted) return 0
    const wait = this.#pay(request, account, work + (account.requests === 1 ? FIRST_WORK : 0))
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

  #pay(request: IncomingMessage, account: Account, work: number): number {
    const now = this.#parts.now()
    const address = this.#parts.addresses.of(request, now)
    address.charge(work, now)
    // Behind a proxy the connection is everybody's.
    if (this.#parts.addresses.forwarded(request)) return address.wait(now)
    this.#charge(request.socket, work)
    return Math.max(address.wait(now), account.credit.wait(now))
  }

  #hear(socket: Socket, chunk: Buffer): void {
    this.#charge(socket, chunk.length / HEARD_BYTES + PIECE_WORK)
    if (!socket.destroyed && requestsIn(chunk) > MAX_PIPELINED && !this.#accounts.get(socket)?.trusted)
      this.#end(socket)
    // No request begins with a zero: there is nothing to take apart.
    if (socket.destroyed) chunk.fill(0)
  }

  #charge(socket: Socket, work: number): void {
    const account = this.#accounts.get(socket)
    if (!account || account.trusted) return
    const now = this.#parts.now()
    account.credit.charge(work, now)
    if (account.credit.balance(now) <= -workRate(1).owed) this.#end(socket)
  }

  #end(socket: Socket): undefined {
    socket.destroy()
  }
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
