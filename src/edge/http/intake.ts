/**
 * Every TCP connection comes through here before Node's HTTP server parses anything of it. If its address owes too much
 * work, or if connections from there had to be ended, it waits unread: that bounds how often a script can reconnect. For a
 * connection from a trusted proxy the address is taken from the head of the first request.
 */
import type { Socket } from "node:net"
import type { AddressQuota, AddressQuotas } from "../socket/address-quotas.ts"

/** After connections from one address had to be ended, the next ones are read later: so much for each, up to a bound. */
const AFTER_CUT = { waitMs: 25, longestMs: 250 }
/** How long a connection waits whose address owes too much; if it still does afterwards, the connection is ended. */
const HELD_MS = 2_500
/** Of a connection that waits for its address to earn something, a longer first piece is not kept in memory. */
const KEPT_BYTES = 8 * 1024
/** When so many wait, further ones are ended at once. */
const MAX_HELD = 2_000

export interface IntakeParts {
  readonly addresses: AddressQuotas
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number
  /** A proxy's connection that sends nothing for so long is closed. */
  readonly silenceMs: number
  /** Hands the connection to Node's HTTP server. */
  readonly letIn: (socket: Socket, address: AddressQuota) => void
}

/** At least as long as Node's read-ahead buffer. */
const AHEAD = Buffer.alloc(256 * 1024)

/**
 * Leaves in the kernel what the client sends. After `pause` alone, Node would go on reading until its read-ahead buffer is
 * full, one wake-up for each small packet; so the buffer is filled at once.
 */
function stopReading(socket: Socket): void {
  socket.pause()
  socket.unshift(AHEAD.subarray(0, socket.readableHighWaterMark))
}

function readAgain(socket: Socket): void {
  socket.read(socket.readableHighWaterMark)
}

const ignore = (): void => undefined

interface Waiting {
  /** Its first piece was not kept, so it can only be ended. */
  readonly lost?: true
  /** The address is the proxy's own, which is never barred. */
  readonly shared?: boolean
}

export class Intake {
  readonly #parts: IntakeParts
  #held = 0

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  enter(socket: Socket): void {
    const { addresses, now } = this.#parts
    // Reset before it was accepted: its address cannot be told any more, so no address would pay for reading it.
    if (socket.remoteAddress === undefined) return void socket.destroy()
    if (addresses.direct(socket)) this.#judge(socket, addresses.peer(socket, now()))
    else this.#hear(socket)
  }

  /** Reads the first piece, which is put back. */
  #hear(socket: Socket): void {
    const gone = (): void => void socket.destroy()
    const { addresses, now, silenceMs } = this.#parts
    socket.on("error", gone).on("end", gone).setTimeout(silenceMs, gone)
    socket.once("data", (piece: Buffer) => {
      socket.pause()
      socket.off("error", gone).off("end", gone).setTimeout(0, gone)
      const behind = addresses.behind(socket, piece, now())
      if (piece.length > KEPT_BYTES && behind?.bars(now())) {
        this.#hold(socket, behind, HELD_MS, { lost: true })
        return
      }
      socket.unshift(piece)
      this.#judge(socket, behind ?? addresses.peer(socket, now()), behind === undefined)
    })
    socket.resume()
  }

  /** @param shared the address is the proxy's own, which is never barred */
  #judge(socket: Socket, address: AddressQuota, shared = false): void {
    const now = this.#parts.now()
    const barred = !shared && address.bars(now)
    const afterCuts = Math.min(AFTER_CUT.longestMs, address.recentCuts(now) * AFTER_CUT.waitMs)
    if (barred) this.#hold(socket, address, HELD_MS)
    else if (afterCuts > 0) this.#hold(socket, address, afterCuts, { shared })
    else this.#parts.letIn(socket, address)
  }

  #hold(socket: Socket, address: AddressQuota, waitMs: number, waiting: Waiting = {}): void {
    if (this.#held >= MAX_HELD) return void socket.destroy()
    socket.on("error", ignore)
    stopReading(socket)
    this.#held += 1
    this.#wait(socket, address, waitMs, waiting)
  }

  /** Judged once more after the wait: all that came at once have waited for the same credit. */
  #wait(socket: Socket, address: AddressQuota, waitMs: number, { lost, shared }: Waiting): void {
    setTimeout(() => {
      const short = waitMs < HELD_MS && !lost && !shared
      if (short && !socket.destroyed && address.bars(this.#parts.now())) {
        this.#wait(socket, address, HELD_MS, {})
        return
      }
      this.#held -= 1
      socket.off("error", ignore)
      if (socket.destroyed) return
      if (lost || (!shared && address.spent(this.#parts.now()))) return void socket.destroy()
      readAgain(socket)
      this.#parts.letIn(socket, address)
    }, waitMs).unref()
  }
}
