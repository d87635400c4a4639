/**
 * Remembers the chunk of TCP data that is being parsed; the event loop parses one chunk to its end before the next. It may
 * hold thousands of frames, and the WebSocket library would parse all of them even if the first one ended the connection.
 */
import type { Socket } from "node:net"

const NOTHING = Buffer.alloc(0)

export class UnreadRest {
  #socket: Socket | undefined
  #piece: Buffer = NOTHING
  /** The listener that is called before WebSocket's: one function for all connections, called with each as `this`. */
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

  /** The chunk was parsed. */
  wasRead(): void {
    this.#socket = undefined
    this.#piece = NOTHING
  }

  /** The connection was ended: overwrites the rest of its chunk, so that it holds no frames, and stops reading. */
  spoil(socket: Socket): void {
    if (this.#socket === socket) this.#piece.fill(0)
    socket.pause()
    // The WebSocket library, which finds an invalid frame, would resume reading to wait for a close frame.
    setImmediate(() => socket.pause())
  }
}
