import type { Duplex } from "node:stream"

/** What is written to the connection until this turn of the loop ends leaves in one system call. */
export function corkTurn(socket: Duplex): void {
  socket.cork()
  setImmediate(() => socket.uncork())
}
