/**
 * Shutting down without a rush of reconnects: sockets are told to reconnect and closed one by one, spread over a delay.
 * The connection is closed, not the socket, so that a stock client reconnects by itself; the spread does not depend on
 * clients that respect `afterMs`.
 */
import { setImmediate as turn } from "node:timers/promises"
import type { Clock } from "../../lib/clock.ts"
import type { SignalData } from "../../protocol/events.ts"

/** The spread is at most this long for each socket, so that a node with few sockets ends soon. */
const PER_SOCKET_MS = 20
/** How long a client that reads slowly may keep the process from ending. */
const FINAL_FLUSH_MS = 1_000

export interface Draining {
  readonly signal: (data: SignalData["reconnect"]) => void
  readonly conn: { close(discard?: boolean): void; once(event: "close", listener: () => void): unknown }
}

export async function drain(sockets: readonly Draining[], clock: Clock, spreadMs: number): Promise<void> {
  const spread = Math.min(spreadMs, sockets.length * PER_SOCKET_MS)
  const afterMs = Math.round(spread / 2)
  await Promise.all(
    sockets.map(async ({ signal, conn }, index) => {
      await pause(clock, (spread * index) / sockets.length)
      signal({ afterMs, reason: "drain" })
      // Writes leave at the end of a turn of the event loop; the connection is closed after that.
      await turn()
      const closed = new Promise<void>((resolve) => conn.once("close", () => resolve()))
      // The first close waits for what was written; if that takes too long, the second one does not.
      conn.close()
      await Promise.race([closed, pause(clock, FINAL_FLUSH_MS).then(() => conn.close(true))])
    }),
  )
}

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, () => resolve()))
