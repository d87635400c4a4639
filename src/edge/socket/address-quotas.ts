/**
 * What comes from one address: connections at once, handshakes, work, and how often a connection there had to be cut.
 * After a cut, new connections begin with less saved up and wait a little before they are let in; where an address has
 * spent all that it had, they are let in one by one, as fast as it earns what each of them costs. A legitimate office
 * behind one address notices the wait at most.
 */
import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import { HubError } from "../../protocol/errors.ts"
import type { Rate } from "../../protocol/rate-limits.ts"
import type { ClientAddresses } from "./client-address.ts"
import { TokenBucket } from "./token-bucket.ts"
import { WORK, WORK_SAVED } from "./work.ts"
import { WorkCredit } from "./work-credit.ts"

export interface AddressLimits {
  readonly connections: number
  readonly handshakesPerSecond: number
}

export const DEFAULT_ADDRESS_LIMITS: AddressLimits = { connections: 1_000, handshakesPerSecond: 50 }

/** An address may save up handshakes for as long: an office comes back at once after a deploy. */
const HANDSHAKE_BURST_S = 10
/** Of all connections of one address together: 6.25 % of a core, and 0.8 s of it saved up. */
const ADDRESS_WORK = { perSecond: 2_500, saved: 32_000, owed: 2_500 }
/** Of the second that it may owe. */
const BARRED_FROM_MS = 800
/** A cut is forgotten after this time. */
const CUT_MEMORY_MS = 60_000
const WAIT_PER_CUT_MS = 50
/** The longest wait of a new connection, and the least work that it has to begin with. */
const COUNTED = { waitMs: 2_000, begin: WORK_SAVED / 40 }
const UNCOUNTED = { waitMs: 500, begin: WORK_SAVED / 16 }
/** How many new connections of one address wait at the same time after a cut there, and where there was none. */
const MAX_WAITING = { afterCut: 8, usual: 250 }
/** Each of those that wait for what the address earns: its handshake, its CONNECT, and all that is read before it is cut. */
const TURN_MS = ((WORK.handshake + 4 * WORK.connect) / ADDRESS_WORK.perSecond) * 1_000
const SWEEP_AT = 10_000

export class AddressQuota {
  readonly name: string
  readonly counted: boolean
  readonly #limits: AddressLimits
  /** Saved up in full until there is something to count. */
  #handshakes: TokenBucket | undefined
  #work: WorkCredit | undefined
  #connections = 0
  /** When each of the waiting connections is let in. */
  #waiting: readonly number[] = NO_WAITING
  #lastTurn = 0
  #cuts = 0
  #cutAt = 0

  constructor(name: string, counted: boolean, limits: AddressLimits) {
    this.name = name
    this.counted = counted
    this.#limits = limits
  }

  /** @throws HubError `rate_limited` */
  handshake(now: number): void {
    if (!this.counted) return
    if (this.#connections >= this.#limits.connections)
      throw new HubError("rate_limited", "Too many connections from one address.", 10_000)
    const rate = this.#handshakeRate
    this.#handshakes ??= new TokenBucket(rate.burst, now)
    const wait = this.#handshakes.take(rate, now)
    if (wait > 0) throw new HubError("rate_limited", "Too many handshakes from one address.", wait)
  }

  come(): void {
    this.#connections += 1
  }

  go(): void {
    this.#connections -= 1
  }

  charge(work: number, now: number): void {
    if (!this.counted) return
    this.#work ??= new WorkCredit(ADDRESS_WORK, now)
    this.#work.charge(work, now)
  }

  /** What it may spend, where that was touched and is counted. */
  get work(): WorkCredit | undefined {
    return this.#work
  }

  /** Milliseconds until work is done for this address again. */
  wait(now: number): number {
    return this.#work?.wait(now) ?? 0
  }

  /** It owes nearly all that it may: what is done for it from now on is hardly charged to it any more. */
  spent(now: number): boolean {
    return this.wait(now) >= BARRED_FROM_MS
  }

  /** It went on although it was told to wait: what comes next is not even read, and costs it what that costs. */
  bars(now: number): boolean {
    if (!this.spent(now)) return false
    this.charge(WORK.barred, now)
    return true
  }

  cut(now: number): void {
    this.#cuts = this.recentCuts(now) + 1
    this.#cutAt = now
  }

  recentCuts(now: number): number {
    return now - this.#cutAt > CUT_MEMORY_MS ? 0 : this.#cuts
  }

  /**
   * How long a new connection waits before it is let in.
   *
   * @throws HubError `rate_limited` where too many of a public address wait already
   */
  admissionWaitMs(now: number): number {
    const { waitMs } = this.counted ? COUNTED : UNCOUNTED
    const cuts = this.recentCuts(now)
    const penalty = Math.min(waitMs, cuts * WAIT_PER_CUT_MS)
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((until) => until > now)
    if (penalty === 0 && this.wait(now) === 0) return 0
    if (!this.counted) return penalty
    const wait = Math.max(penalty, this.#turn(now) - now)
    if (this.#waiting.length >= (cuts > 0 ? MAX_WAITING.afterCut : MAX_WAITING.usual))
      throw new HubError("rate_limited", "Connections from this address were cut.", wait)
    this.#lastTurn = now + wait
    this.#waiting = [...this.#waiting, now + wait]
    return wait
  }

  /** When the next of those who wait for the address to earn something may come in. */
  #turn(now: number): number {
    const owed = this.wait(now)
    return owed === 0 ? now : Math.max(now + owed, this.#lastTurn) + TURN_MS
  }

  /** Work that a new connection has saved up to begin with: no more than the address has left, but for the least. */
  begin(now: number): number {
    const { begin } = this.counted ? COUNTED : UNCOUNTED
    const left = this.#work?.balance(now) ?? WORK_SAVED
    return Math.max(begin, Math.min(left, WORK_SAVED / 4 ** this.recentCuts(now)))
  }

  get #handshakeRate(): Rate {
    const { handshakesPerSecond: perSecond } = this.#limits
    return { perSecond, burst: perSecond * HANDSHAKE_BURST_S }
  }

  idle(now: number): boolean {
    return (
      this.#connections === 0 &&
      this.recentCuts(now) === 0 &&
      this.#handshakes?.full(this.#handshakeRate, now) !== false &&
      this.#work?.full(now) !== false
    )
  }
}

const NO_WAITING: readonly never[] = []

export class AddressQuotas {
  readonly #addresses: ClientAddresses
  readonly #limits: AddressLimits
  readonly #quotas = new Map<string, AddressQuota>()
  /** Of those that have arrived. */
  readonly #bySocket = new WeakMap<Socket, AddressQuota>()
  /** One function for all sockets, called on each. */
  readonly #onClose: (this: Socket) => void
  #sweepAt = SWEEP_AT

  constructor(addresses: ClientAddresses, limits: AddressLimits) {
    this.#addresses = addresses
    this.#limits = limits
    const bySocket = this.#bySocket
    this.#onClose = function () {
      bySocket.get(this)?.go()
    }
  }

  of(request: IncomingMessage, now: number): AddressQuota {
    return this.#bySocket.get(request.socket) ?? this.#find(request, now)
  }

  forwarded(request: IncomingMessage): boolean {
    return this.#addresses.forwarded(request)
  }

  /** Whether a connection that was opened just now is ended at once. */
  bars(socket: Socket, now: number): boolean {
    const address = this.#addresses.direct(socket)
    return address !== undefined && this.#quotas.get(address)?.bars(now) === true
  }

  /** Of the other end of the connection, a named proxy too. */
  peer(socket: Socket, now: number): AddressQuota {
    return this.#named(this.#addresses.peer(socket), now)
  }

  #find(request: IncomingMessage, now: number): AddressQuota {
    return this.#named(this.#addresses.of(request), now)
  }

  #named(address: string, now: number): AddressQuota {
    const known = this.#quotas.get(address)
    if (known) return known
    if (this.#quotas.size >= this.#sweepAt) this.#sweep(now)
    const quota = new AddressQuota(address, this.#addresses.counted(address), this.#limits)
    this.#quotas.set(address, quota)
    return quota
  }

  /**
   * @returns milliseconds that the connection waits before it is let in
   * @throws HubError `rate_limited`
   */
  arrive(request: IncomingMessage, now: number): number {
    const quota = this.#find(request, now)
    quota.charge(WORK.handshake, now)
    quota.handshake(now)
    const waitMs = quota.admissionWaitMs(now)
    quota.come()
    this.#bySocket.set(request.socket, quota)
    request.socket.on("close", this.#onClose)
    return waitMs
  }

  #sweep(now: number): void {
    for (const [address, quota] of this.#quotas) if (quota.idle(now)) this.#quotas.delete(address)
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#quotas.size)
  }
}
