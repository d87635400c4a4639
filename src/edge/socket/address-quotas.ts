/**
 * Limits by address: connections at the same time, handshakes, work, and connections that had to be cut. After a cut, new
 * connections from there begin with less credit and wait a little before they are accepted. When an address has used up its
 * credit, they are accepted one by one, as fast as it earns what each of them costs. An office behind one address notices at
 * most the wait.
 */
import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import { customerOf } from "../../lib/networks.ts"
import type { Rate } from "../../protocol/command-rates.ts"
import { HubError } from "../../protocol/errors.ts"
import type { ClientAddresses } from "./client-address.ts"
import { TokenBucket } from "./token-bucket.ts"
import { WORK, WORK_SAVED } from "./work.ts"
import { WorkCredit } from "./work-credit.ts"

export interface AddressLimits {
  readonly connections: number
  readonly handshakesPerSecond: number
}

export const DEFAULT_ADDRESS_LIMITS: AddressLimits = { connections: 1_000, handshakesPerSecond: 50 }

/** Handshakes of so many seconds may come at once: an office reconnects together after a deploy. */
const HANDSHAKE_BURST_S = 10
/**
 * Work of all connections of one address together, in units of about 25 µs: 4 % of a core, and a second of a core saved
 * up. What is done a few times a second takes more than twice what it takes in a burst, for which the prices are.
 */
const ADDRESS_WORK = { perSecond: 1_600, saved: 40_000, owed: 1_600 }
/** An address that has to wait for so long (of at most a second) is barred: new connections are closed unread. */
const BARRED_FROM_MS = 800
/** A cut is forgotten after this time. */
const CUT_MEMORY_MS = 60_000
const WAIT_PER_CUT_MS = 50
/** The longest wait of a new connection, and its least initial credit, for public and for private addresses. */
const COUNTED = { waitMs: 2_000, begin: WORK_SAVED / 40 }
const UNCOUNTED = { waitMs: 500, begin: WORK_SAVED / 16 }
/** New connections of one address that may wait at the same time, after a cut there and otherwise. */
const MAX_WAITING = { afterCut: 8, usual: 250 }
/**
 * How long an address takes to earn what one new connection costs: its handshake, and some CONNECT packets before it is
 * cut.
 */
const TURN_MS = ((WORK.handshake + 4 * WORK.connect) / ADDRESS_WORK.perSecond) * 1_000
/** The same for a command that was refused: what a newcomer's first message costs, and the refusal of another one. */
const RETRY_MS = ((WORK.newcomer + WORK.stored + WORK.refusedWaiting) / ADDRESS_WORK.perSecond) * 1_000
/** No caller is asked to wait longer for their turn. */
const LAST_RETRY_MS = 10_000
const SWEEP_AT = 10_000

export class AddressQuota {
  readonly name: string
  readonly counted: boolean
  readonly #limits: AddressLimits
  /** `undefined` as long as there was nothing to count: full. */
  #handshakes: TokenBucket | undefined
  #work: WorkCredit | undefined
  #connections = 0
  /** When each of the waiting connections is let in. */
  #waiting: readonly number[] = NO_WAITING
  #lastTurn = 0
  #lastRetry = 0
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

  /** Its credit of work; `undefined` if the address is not limited, or nothing was charged yet. */
  get work(): WorkCredit | undefined {
    return this.#work
  }

  /** Milliseconds until work is done for this address again. */
  wait(now: number): number {
    return this.#work?.wait(now) ?? 0
  }

  /**
   * Milliseconds after which a command that is refused now may come again, 0 where nothing is owed. Each caller gets a turn
   * of their own: if all who wait came back together, their refusals would cost more than the address earns, and none of
   * them would ever be served.
   */
  retryAfter(now: number): number {
    const owed = this.wait(now)
    if (owed === 0) return 0
    this.#lastRetry = Math.min(Math.max(now + owed, this.#lastRetry) + RETRY_MS, now + LAST_RETRY_MS)
    return Math.ceil(this.#lastRetry - now)
  }

  /** Whether it owes nearly as much as it can: further work would hardly be charged any more. */
  spent(now: number): boolean {
    return this.wait(now) >= BARRED_FROM_MS
  }

  /**
   * Whether a new connection is closed unread, because the address went on although it was told to wait. Charges for
   * that.
   */
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

  /** When the next waiting connection may be accepted: one after another, as fast as the address earns credit. */
  #turn(now: number): number {
    const owed = this.wait(now)
    return owed === 0 ? now : Math.max(now + owed, this.#lastTurn) + TURN_MS
  }

  /** The initial credit of a new connection: not more than the address has left, but at least the minimum. */
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
  /** The quota of each connection whose handshake has arrived. */
  readonly #bySocket = new WeakMap<Socket, AddressQuota>()
  /** One function for all sockets, called with each as `this`. */
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

  /** Whether no named proxy stands between. */
  direct(socket: Socket): boolean {
    return this.#addresses.direct(socket) !== undefined
  }

  /** Whose a proxy's connection is, by the first piece that it says; `undefined` where that does not tell. */
  behind(socket: Socket, piece: Buffer, now: number): AddressQuota | undefined {
    const address = this.#addresses.behind(socket, piece)
    return address === undefined ? undefined : this.#named(address, now)
  }

  /** The quota of the connection's other end, also if that is a trusted proxy. */
  peer(socket: Socket, now: number): AddressQuota {
    return this.#named(this.#addresses.peer(socket), now)
  }

  #find(request: IncomingMessage, now: number): AddressQuota {
    return this.#named(this.#addresses.of(request), now)
  }

  #named(address: string, now: number): AddressQuota {
    const name = customerOf(address)
    const known = this.#quotas.get(name)
    if (known) return known
    if (this.#quotas.size >= this.#sweepAt) this.#sweep(now)
    const quota = new AddressQuota(name, this.#addresses.counted(address), this.#limits)
    this.#quotas.set(name, quota)
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
