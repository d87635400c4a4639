/**
 * The piece of a stream that is being taken apart, of whichever connection: one is read to its end before another comes
 * in. It may hold thousands of frames, which WebSocket would go through also where the first of them ended the
 * connection.
 */
import type { Socket } from "node:net"

const NOTHING = Buffer.alloc(0)

export class UnreadRest {
  #socket: Socket | undefined
  #piece: Buffer = NOTHING
  /** Listens before WebSocket does: one function for all connections, called on each. */
  readonly comes: (this: Socket, piece: Buffer) => void

  constructor() {
    const keep = (socket: Socket, piece: Buffer): void => {
      this.#socket = socket
      this.#piece = piece
    }
    this.comes = function (piece) {
      keep(this, piece)
    }
  }

  /** All of it was read. */
  wasRead(): void {
    this.#socket = undefined
    this.#piece = NOTHING
  }

  /** The connection is over: what is left becomes nothing that could be a frame, and nothing more is taken in. */
  spoil(socket: Socket): void {
    if (this.#socket === socket) this.#piece.fill(0)
    socket.pause()
    // WebSocket, which finds nonsense, would read on to hear a goodbye.
    setImmediate(() => socket.pause())
  }
}
