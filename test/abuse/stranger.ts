/**
 * A connection of an attacker: WebSocket frames written by hand, many to a write, masked with zeroes
 * so that attacking costs less than being attacked. It reads only if it is told to.
 */
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"

export const TEXT = 1
export const BINARY = 2
export const PING = 9

export interface StrangerOptions {
  readonly url: string
  /** What a trusted proxy says of where this connection comes from. */
  readonly address?: string
  readonly path?: string
  /** Lines of the request that asks for the upgrade, beside the usual ones; each ends its line. */
  readonly headers?: string
  /** Speaks HTTP alone: nothing is asked for until it is written. */
  readonly plain?: true
}

const ENGINE = "/socket.io/?EIO=4&transport=websocket"

/** One frame as a client must send it: masked, here with nothing. */
export function frame(payload: string | Buffer, opcode = TEXT): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload
  const first = 0x80 | opcode
  if (body.length < 126) return Buffer.concat([Buffer.from([first, 0x80 | body.length, 0, 0, 0, 0]), body])
  const long = body.length > 0xffff
  const head = Buffer.alloc(long ? 14 : 8)
  head[0] = first
  head[1] = 0x80 | (long ? 127 : 126)
  if (long) head.writeBigUInt64BE(BigInt(body.length), 2)
  else head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, body])
}

/** The same frame so many times, as one write. */
export const times = (count: number, one: (n: number) => string): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, n) => frame(one(n))))

const AHEAD_BYTES = 256 * 1024
const DEADLINE_MS = 10_000

export class Stranger {
  readonly #socket: Socket
  #pending: Buffer = Buffer.alloc(0)
  #upgraded = false
  #wake = (): void => undefined
  /** Texts that are kept; an attacker who only counts keeps none. */
  readonly texts: string[] = []
  /** How many of the latest texts are kept. */
  keep = 50
  received = 0
  bytesHeard = 0
  ended = false
  #hurried = false
  readonly #plain: boolean
  onText: (text: string) => void = () => undefined

  constructor({ url, address = "127.0.0.1", path = ENGINE, headers = "", plain }: StrangerOptions) {
    const { hostname, port } = new URL(url)
    this.#plain = plain === true
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true })
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk))
    this.#socket.on("error", () => this.#socket.destroy())
    this.#socket.on("drain", () => this.#wake())
    this.#socket.once("close", () => {
      this.ended = true
      this.#wake()
    })
    if (plain) return
    this.#socket.write(
      [
        `GET ${path} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
        `X-Forwarded-For: ${address}`,
        `${headers}\r\n`,
      ].join("\r\n"),
    )
  }

  /** Writes bytes and resolves when the next may follow; `false` when the connection is over. */
  async write(bytes: Buffer): Promise<boolean> {
    if (this.ended) return false
    this.#socket.write(bytes)
    while (!this.ended && !this.#hurried && this.#socket.writableLength > AHEAD_BYTES)
      await this.#turn(DEADLINE_MS)
    // Writing to a peer that reads at once never waits; the attacker's own loop must turn all the same.
    await new Promise(setImmediate)
    return !this.ended
  }

  /** The first text that begins in one of these ways; `undefined` if the connection ends first or nothing comes in time. */
  async text(begins: string | readonly string[], within = DEADLINE_MS): Promise<string | undefined> {
    const beginnings = typeof begins === "string" ? [begins] : begins
    const end = Date.now() + within
    for (;;) {
      const found = this.texts.find((text) => beginnings.some((one) => text.startsWith(one)))
      if (found !== undefined || this.ended || this.#hurried || Date.now() >= end) return found
      await this.#turn(end - Date.now())
    }
  }

  /** From now on what the hub says stays in its buffers. */
  deafen(): void {
    this.#socket.pause()
  }

  /** From now on it waits for nothing. */
  hurry(): void {
    this.#hurried = true
    this.#wake()
  }

  end(): void {
    this.#socket.destroy()
  }

  /** Ends the connection as a machine does that loses its power, or whoever wants to: by a reset. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  #turn(within: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, within))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #read(chunk: Buffer): void {
    this.bytesHeard += chunk.length
    if (this.#plain) return
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    if (!this.#upgraded) {
      const end = this.#pending.indexOf("\r\n\r\n")
      if (end < 0) return
      if (!this.#pending.subarray(0, 12).equals(Buffer.from("HTTP/1.1 101"))) return void this.end()
      this.#upgraded = true
      this.#pending = this.#pending.subarray(end + 4)
    }
    for (let at = 0; ; ) {
      const next = frameAt(this.#pending, at)
      if (!next) {
        this.#pending = this.#pending.subarray(at)
        break
      }
      at = next.end
      if (next.opcode === 8) this.end()
      if (next.opcode !== TEXT) continue
      this.#hear(this.#pending.toString("utf8", next.start, next.end))
    }
    this.#wake()
  }

  #hear(text: string): void {
    this.received += 1
    // The engine's heartbeat is kept up: an attacker wants to stay.
    if (text === "2") this.#socket.write(frame("3"))
    this.texts.push(text)
    if (this.texts.length > this.keep) this.texts.shift()
    this.onText(text)
  }
}

/** A frame of the hub's, which masks nothing. */
function frameAt(bytes: Buffer, at: number): { opcode: number; start: number; end: number } | undefined {
  const left = bytes.length - at
  if (left < 2) return undefined
  const short = bytes.readUInt8(at + 1) & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (left < head) return undefined
  const length =
    short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short
  const start = at + head
  if (bytes.length < start + length) return undefined
  return { opcode: bytes.readUInt8(at) & 0x0f, start, end: start + length }
}
