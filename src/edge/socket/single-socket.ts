/**
 * At most one socket per connection in this namespace. While middleware runs, a stock server makes a socket of every
 * further CONNECT packet, and each would be a member of the room (measured: 500 packets, 500 copies of an event).
 */
import { HubError } from "../../protocol/errors.ts"

/** A socket, as far as the gate looks at it. */
interface Connected {
  readonly conn: { close(): void }
}

/** CONNECT packets on one connection over its whole life: sign-ins that are refused and tried again. */
const MAX_CONNECTS = 50

export class SingleSocket {
  readonly #holders = new WeakMap<object, { holder: Connected | undefined; connects: number }>()

  /** @throws HubError `conflict` for a second socket beside a living one, `rate_limited` for too many in a row */
  pass(socket: Connected): void {
    const seen = this.#holders.get(socket.conn) ?? { holder: undefined, connects: 0 }
    this.#holders.set(socket.conn, seen)
    seen.connects += 1
    if (seen.connects > MAX_CONNECTS) {
      if (!seen.holder) socket.conn.close()
      throw new HubError("rate_limited", "Too many CONNECT packets on one connection.", 1000)
    }
    if (seen.holder) throw new HubError("conflict", "This connection has a socket in this namespace.")
    seen.holder = socket
  }

  free(socket: Connected): void {
    const seen = this.#holders.get(socket.conn)
    if (seen?.holder === socket) seen.holder = undefined
  }
}
