/**
 * The limits of one connection. Its frames are checked and charged before Socket.IO reads them; the output that it has not
 * read is bounded at every write; and it is ended if it goes on sending after it was told to wait.
 */
import { setTimeout as delay } from "node:timers/promises"
import { loopTurn } from "../../lib/loop-turn.ts"
import { HubError, toWire } from "../../protocol/errors.ts"
import type { AddressQuota } from "./address-quotas.ts"
import type { EngineConnection } from "./engine-connection.ts"
import { answerFrame, type Frame, type FramedConnection } from "./frame-writer.ts"
import type { EndReason, GuardParts, OnEvent } from "./guard-parts.ts"
import { argumentsIn, type PacketHeader, readPacketHeader } from "./packet-header.ts"
import { WaitingOutput } from "./waiting-output.ts"
import { PIECE_WORK, parsingWork, RAW_BYTES, READ_BYTES, WORK, workOf, workRate } from "./work.ts"
import { WorkCredit } from "./work-credit.ts"

/** CONNECT packets on one connection over its whole life: a client may try again after a refusal. */
const MAX_CONNECTS = 50
/** A connection in no namespace is closed after this time. */
const UNJOINED_MS = 10_000
/** How long the last output may take before an ended connection is destroyed. */
const FINAL_FLUSH_MS = 500
const CLOSING_MS = 5_000
/** With more unread output than this the next command waits until the client has read. */
const DRAINED_BYTES = 256 * 1024
const DRAIN_CHECK_MS = 20
/** The least share of the usual debt that any connection may owe. */
const LEAST_DEBT_SHARE = 0.1
/** Work for one connection in one turn of the event loop (10 ms); with more, others are read first. */
const TURN_WORK = 400
/** Chunks of TCP data without a complete packet: a frame of 256 KB comes in a few hundred, and each waits in memory. */
const MAX_PIECES = 4_096
/** Bytes of a WebSocket frame's header. */
const FRAME_HEAD_BYTES = 14

/** After each so many refused commands in a row, a further one costs one unit more: a client in a loop is cut soon. */
const REFUSALS_A_UNIT = 25
/** Made once: creating an error with its stack for each refusal was most of its cost. */
const RATE_LIMITED = toWire(new HubError("rate_limited"))

/** A stored send is limited by the settings of its app; work is charged only if it is not stored. */
export const STORED = "message:send"

interface Listening {
  readonly namespace: string
  readonly onEvent: OnEvent
}

const NOTHING: readonly never[] = []

export class GuardedConnection {
  readonly address: AddressQuota
  readonly output = new WaitingOutput()
  readonly #conn: EngineConnection
  readonly #parts: GuardParts
  #credit: WorkCredit
  #rate = workRate(1)
  /** The share of the usual debt that it may owe: a connection with little initial credit may owe little. */
  readonly #debtShare: number
  /** The credit that all sockets of its user share. */
  #shared: WorkCredit | undefined
  /** Lists, because there is mostly one namespace, and a set and a map for each connection would take more memory. */
  #namespaces: readonly string[] = NOTHING
  #listening: readonly Listening[] = NOTHING
  #connects = 0
  #pieces = 0
  #ended = false
  #overdrawn = false
  #unjoined: NodeJS.Timeout | undefined
  /** Commands in a row that were refused because the connection was told to wait. */
  #refused = 0
  /** The turn of the event loop in which it was charged last, and how much in that turn. */
  #turn = -1
  #turnWork = 0

  constructor(conn: EngineConnection, address: AddressQuota, parts: GuardParts) {
    const now = parts.now()
    this.#conn = conn
    this.#parts = parts
    this.address = address
    const begin = address.begin(now)
    this.#debtShare = Math.max(LEAST_DEBT_SHARE, begin / this.#rate.saved)
    this.#credit = new WorkCredit(this.#rate, now, begin)
  }

  get socket(): FramedConnection["request"]["socket"] {
    return this.#conn.request.socket
  }

  /** A chunk of TCP data came. Its bytes are charged as if they were no packet; `heardPacket` gives that back. */
  heardBytes(bytes: number): void {
    this.charge(bytes / RAW_BYTES + PIECE_WORK)
    this.#pieces += 1
    if (this.#pieces > MAX_PIECES) this.end("packet")
    if (this.#turnWork > TURN_WORK) this.#giveWay()
  }

  /** Lets other connections be read before more of this one: one turn may read two megabytes of a single connection. */
  #giveWay(): void {
    const { socket } = this.#conn.transport
    if (!socket || this.#ended) return
    socket.pause()
    setImmediate(() => {
      if (!this.#ended) socket.resume()
    })
  }

  heardPacket(bytes: number): void {
    this.#pieces = 0
    this.charge(WORK.packet + bytes / READ_BYTES - (bytes + FRAME_HEAD_BYTES) / RAW_BYTES)
  }

  /** @returns whether Socket.IO shall read this frame: it enters or leaves a namespace. Commands are handled here. */
  admits(data: unknown): boolean {
    if (this.#ended) return false
    const header = readPacketHeader(data, this.#parts.namespaces)
    if (!header) return this.end("packet")
    // The boundary: what has a header is text.
    const text = data as string
    if (header.kind === "connect") return this.#connect(header.namespace, text)
    const onEvent = this.#listening.find(({ namespace }) => namespace === header.namespace)?.onEvent
    if (!onEvent) return this.#outside()
    if (header.kind === "disconnect") return true
    const wait = this.wait()
    if (wait > 0) return this.#refuse(header, wait)
    this.#refused = 0
    this.charge(parsingWork(text) + (header.name === STORED ? 0 : workOf(header.name ?? "")))
    if (this.#ended) return false
    const args = argumentsIn(text, header)
    if (!args) return this.end("packet")
    const { namespace, ack } = header
    onEvent(args, ack === undefined ? undefined : (answer) => this.write(answerFrame(namespace, ack, answer)))
    return false
  }

  /**
   * Said in a namespace that is not entered, or not yet: Socket.IO would close the connection, and read on. Some clients leave
   * what they have not entered, so their address is not blamed, but it pays.
   */
  #outside(): false {
    this.chargeAddress(WORK.cut)
    return this.end("packet", false)
  }

  /** From here on the events of a namespace are read here, each once, in order; Socket.IO does not see them. */
  listen(namespace: string, onEvent: OnEvent): void {
    this.#listening = this.#listening.concat({ namespace, onEvent })
  }

  /** Writes a frame, past Engine.IO where possible. A client that does not read is cut. */
  write(frame: Frame): void {
    if (!this.#parts.writer.write(this.#conn, frame)) return
    this.output.passed(frame.bytes.length)
    this.checkOutput()
  }

  /** Engine.IO has so many more bytes to write. */
  queued(bytes: number): void {
    this.output.add(bytes)
    this.checkOutput()
  }

  checkOutput(): void {
    if (this.output.tooMuch(this.#conn.request.socket.writableLength, this.#parts.now())) this.end("slow")
  }

  #connect(namespace: string, text: string): boolean {
    this.#connects += 1
    if (this.#namespaces.includes(namespace) || this.#connects > MAX_CONNECTS) return this.end("packet")
    this.#namespaces = this.#namespaces.concat(namespace)
    clearTimeout(this.#unjoined)
    this.charge(WORK.connect + parsingWork(text))
    return !this.#ended
  }

  /** Refuses a command before its body is read. A client with half of the debt that it may have gets no answer. */
  #refuse({ namespace, ack }: PacketHeader, wait: number): false {
    const now = this.#parts.now()
    this.#refused += 1
    if (this.address.spent(now)) this.#credit.charge(WORK.refusedUnpaid, now)
    this.charge(WORK.refusedWaiting + this.#refused / REFUSALS_A_UNIT)
    const owes = -this.#credit.balance(now)
    if (ack === undefined || this.#ended || owes >= this.#mayOwe / 2) return false
    const retryAfterMs = Math.max(wait, this.address.retryAfter(now))
    this.write(answerFrame(namespace, ack, { ok: false, error: { ...RATE_LIMITED, retryAfterMs } }))
    return false
  }

  /** From now on its work counts for a user, too, at the rate of their app. @param factor see `RateTable.factor` */
  serve(factor: number, shared: WorkCredit | undefined): void {
    this.#shared = shared
    const rate = workRate(factor)
    if (rate.perSecond === this.#rate.perSecond) return
    const now = this.#parts.now()
    const begin = (this.#credit.balance(now) / this.#rate.saved) * rate.saved
    this.#credit = new WorkCredit(rate, now, begin)
    this.#rate = rate
  }

  /** The namespace was left, or it was never entered: CONNECT may come again. */
  left(namespace: string): void {
    this.#namespaces = this.#namespaces.filter((entered) => entered !== namespace)
    this.#listening = this.#listening.filter((one) => one.namespace !== namespace)
    if (this.#namespaces.length > 0 || this.#ended) return
    this.#unjoined = setTimeout(() => this.#conn.close(), UNJOINED_MS).unref()
  }

  /** Milliseconds until a command may be asked for. */
  wait(): number {
    const now = this.#parts.now()
    return Math.max(this.#credit.wait(now), this.#shared?.wait(now) ?? 0, this.address.wait(now))
  }

  /** Charges work that was done for it; a negative amount is a refund. */
  charge(work: number): void {
    if (this.#ended) return
    const now = this.#parts.now()
    if (work > 0) this.#count(work)
    this.#credit.charge(work, now)
    this.#shared?.charge(work, now)
    this.#chargeAddress(work, now)
    if (this.#credit.balance(now) <= -this.#mayOwe) this.end("overdrawn")
  }

  /** Charges the address alone: for sends, which the app's limits allow the user. One person may be many users there. */
  chargeAddress(work: number): void {
    this.#chargeAddress(work, this.#parts.now())
  }

  /** Scaled by the rate of the app: where users may do more, their addresses may, too. */
  #chargeAddress(work: number, now: number): void {
    this.address.charge((work * workRate(1).perSecond) / this.#rate.perSecond, now)
  }

  #count(work: number): void {
    const turn = loopTurn()
    if (turn !== this.#turn) this.#turnWork = 0
    this.#turn = turn
    this.#turnWork += work
  }

  /** Whether there is so much unread output that no further command is done now. */
  get backlogged(): boolean {
    return !this.#ended && this.output.waiting(this.#conn.request.socket.writableLength) > DRAINED_BYTES
  }

  /** Resolves when the client has read enough; one that does not read is cut meanwhile. */
  async drained(): Promise<void> {
    while (this.backlogged) await delay(DRAIN_CHECK_MS)
  }

  get #mayOwe(): number {
    return this.#rate.owed * this.#debtShare
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether it was ended for going on after it was told to wait: its waiting commands are not done. */
  get overdrawn(): boolean {
    return this.#overdrawn
  }

  /**
   * Ends the connection, without waiting for the client's close frame. A stock client reconnects by itself.
   *
   * @param blamed new connections of its address have to wait, if it was not for reading slowly
   */
  end(reason: EndReason, blamed = true): false {
    if (this.#ended) return false
    this.#ended = true
    this.#overdrawn = reason === "overdrawn"
    const { counted } = this.address
    // Behind an address that many users share, a bad packet says nothing about the others.
    if (blamed && (reason === "overdrawn" || (reason === "packet" && counted)))
      this.address.cut(this.#parts.now())
    this.#parts.onEnd(reason)
    this.#conn.close(true)
    this.#parts.rest.spoil(this.#conn.request.socket)
    this.#destroy(FINAL_FLUSH_MS)
    return false
  }

  /** Engine.IO has closed. The client's close frame is not waited for as long as the WebSocket library would. */
  closed(): void {
    clearTimeout(this.#unjoined)
    if (!this.#ended) this.#destroy(CLOSING_MS)
    this.#ended = true
  }

  #destroy(afterMs: number): void {
    const { socket } = this.#conn.request
    if (socket.destroyed) return
    const timer = setTimeout(() => socket.destroy(), afterMs).unref()
    socket.once("close", () => clearTimeout(timer))
  }
}
