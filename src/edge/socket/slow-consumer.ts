/**
 * Slow readers. What waits for a socket grows without bound in the engine's buffer; past a bound the connection is
 * cut, and the device comes back by its cursor. The engine is closed, not the socket: a socket that the server
 * disconnects stays away.
 */

const MAX_WAITING_BYTES = 1_048_576
/** Nobody is cut for a burst that drains within this time. */
const MAX_WAIT_MS = 3_000
/** Beyond this the time does not matter. */
const HARD_LIMIT_BYTES = 8 * MAX_WAITING_BYTES

/** A socket, as far as its connection is looked at. */
export interface Consumer {
  readonly conn: { readonly readyState: string; close(discard?: boolean): void }
}

interface Packet {
  readonly data?: unknown
}

export class SlowConsumers {
  readonly #since = new WeakMap<Consumer, number>()
  readonly #onCut: () => void

  constructor(onCut: () => void) {
    this.#onCut = onCut
  }

  check(socket: Consumer, now: number): void {
    if (socket.conn.readyState !== "open") return
    // The boundary: the engine's buffer is public at run time, if not in its types.
    const { writeBuffer } = socket.conn as unknown as { writeBuffer: readonly Packet[] }
    const waiting = writeBuffer.length < 2 ? 0 : bytesOf(writeBuffer)
    if (waiting < MAX_WAITING_BYTES) {
      this.#since.delete(socket)
      return
    }
    const since = this.#since.get(socket) ?? now
    this.#since.set(socket, since)
    if (now - since < MAX_WAIT_MS && waiting < HARD_LIMIT_BYTES) return
    this.#since.delete(socket)
    this.#onCut()
    socket.conn.close(true)
  }
}

function bytesOf(packets: readonly Packet[]): number {
  let bytes = 0
  for (const { data } of packets) bytes += typeof data === "string" ? data.length : 0
  return bytes
}
