/** One Engine.IO connection over a raw TCP socket: the upgrade, the heartbeat, and packets in and out. */
import { connect, type Socket } from "node:net"
import { FrameReader, frame, OPCODE } from "./frames.ts"

export interface Endpoint {
  readonly host: string
  readonly port: number
  /** Of Socket.IO, as its option of this name. */
  readonly path: string
}

/** The text of a packet lies in `bytes` from `from` up to `to`, its first byte being the type of Engine.IO's `message`. */
export type OnPacket = (bytes: Buffer, from: number, to: number) => void

export interface Listener {
  readonly opened: () => void
  readonly packet: OnPacket
  readonly closed: (why: string) => void
}

const MESSAGE = 0x34
const OPEN = 0x30
const PING = 0x32
const PONG = frame(OPCODE.text, "3")
const HEADER_END = Buffer.from("\r\n\r\n")

// All sockets of the process read into it, one after the other: what is kept must be copied.
const SHARED = Buffer.alloc(256 * 1024)

export class Connection {
  readonly #socket: Socket
  readonly #listener: Listener
  readonly #reader: FrameReader
  #head: Buffer | undefined = Buffer.alloc(0)
  #over = false

  /** @param from the local address; devices of the real world have one each, too */
  constructor(endpoint: Endpoint, from: string | undefined, listener: Listener) {
    this.#listener = listener
    this.#reader = new FrameReader((opcode, bytes, start, end) => this.#take(opcode, bytes, start, end))
    const { host, port, path } = endpoint
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      ...(from !== undefined && { localAddress: from }),
      onread: {
        buffer: SHARED,
        callback: (length: number) => {
          this.#read(SHARED.subarray(0, length))
          return true
        },
      },
    })
    this.#socket.on("error", (error) => this.#end(error.message))
    this.#socket.on("close", () => this.#end("the connection was closed"))
    this.#socket.write(
      `GET ${path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\n` +
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bG9hZHRlc3RnZW5lcmF0ZQ==\r\n\r\n",
    )
  }

  /** A packet of Socket.IO, with Engine.IO's type in front. */
  send(text: string): void {
    this.#socket.write(frame(OPCODE.text, text))
  }

  /** Reads nothing more until `resume`: a device that has stopped listening. */
  pause(): void {
    this.#socket.pause()
  }

  /** Without a word, as a phone that lost its network. */
  destroy(): void {
    this.#over = true
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    try {
      if (this.#head) this.#upgrade(chunk)
      else this.#reader.push(chunk)
    } catch (error) {
      this.#end(String(error))
      this.#socket.destroy()
    }
  }

  #upgrade(chunk: Buffer): void {
    const head = Buffer.concat([this.#head ?? Buffer.alloc(0), chunk])
    const end = head.indexOf(HEADER_END)
    this.#head = end === -1 ? head : undefined
    if (end === -1) return
    if (!head.subarray(0, 12).equals(Buffer.from("HTTP/1.1 101")))
      throw new Error(`No upgrade: ${head.toString("latin1", 0, 200)}`)
    this.#reader.push(head.subarray(end + HEADER_END.length))
  }

  #take(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (opcode === OPCODE.text) {
      const type = bytes[from]
      if (type === MESSAGE) this.#listener.packet(bytes, from, to)
      else if (type === PING) this.#socket.write(PONG)
      else if (type === OPEN) this.#listener.opened()
    } else if (opcode === OPCODE.ping) {
      this.#socket.write(frame(OPCODE.pong, bytes.toString("latin1", from, to)))
    } else if (opcode === OPCODE.close) {
      this.#socket.end()
      this.#end("the server closed the connection")
    }
  }

  #end(why: string): void {
    if (this.#over) return
    this.#over = true
    this.#listener.closed(why)
  }
}
