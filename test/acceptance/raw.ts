/**
 * A WebSocket spoken by hand over node:http, for what no Socket.IO client would ever send: packets out of
 * order, packets that are none, frames that are too large.
 */
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { request } from "node:http"
import type { Socket } from "node:net"

const SPECIALS = { medium: 126, large: 127 } as const

export class RawSocket {
  readonly texts: string[] = []
  readonly #socket: Socket
  #pending: Buffer = Buffer.alloc(0)
  #onText = (): void => {}
  readonly closed: Promise<void>

  private constructor(socket: Socket) {
    this.#socket = socket
    // However it comes to that: the hub may be gone while this side is still writing.
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()))
    socket.on("data", (chunk: Buffer) => this.#read(chunk))
    socket.on("error", () => socket.destroy())
  }

  static async open(url: string): Promise<RawSocket> {
    const upgrade = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
      },
    })
    upgrade.end()
    const [, socket, head] = (await once(upgrade, "upgrade")) as [unknown, Socket, Buffer]
    const raw = new RawSocket(socket)
    if (head.length > 0) raw.#read(head)
    return raw
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable
  }

  /** One masked frame, as a client must send it. Opcode 1 is text, 2 binary. */
  send(payload: string | Buffer, opcode = 1): void {
    const body = Buffer.from(payload)
    const mask = randomBytes(4)
    const head = Buffer.concat([Buffer.from([0x80 | opcode]), lengthOf(body.length), mask])
    for (let index = 0; index < body.length; index++)
      body[index] = (body[index] ?? 0) ^ (mask[index & 3] ?? 0)
    if (this.open) this.#socket.write(Buffer.concat([head, body]))
  }

  /** Bytes that need not be a frame at all. */
  bytes(bytes: Buffer): void {
    if (this.open) this.#socket.write(bytes)
  }

  /** The first text, past or to come, that begins so; `undefined` if the connection ends first. */
  async text(begins: string): Promise<string | undefined> {
    const find = (): string | undefined => this.texts.find((text) => text.startsWith(begins))
    const received = new Promise<void>((resolve) => {
      this.#onText = () => find() !== undefined && resolve()
      this.#onText()
    })
    const late = AbortSignal.timeout(10_000)
    const expired = once(late, "abort").then(() => Promise.reject(new Error(`no ${begins} in ${this.texts}`)))
    await Promise.race([received, this.closed, expired])
    return find()
  }

  end(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    for (;;) {
      const short = (this.#pending[1] ?? 0) & 0x7f
      const start = short === SPECIALS.medium ? 4 : short === SPECIALS.large ? 10 : 2
      if (this.#pending.length < start) return
      const length =
        short === SPECIALS.medium
          ? this.#pending.readUInt16BE(2)
          : short === SPECIALS.large
            ? Number(this.#pending.readBigUInt64BE(2))
            : short
      if (this.#pending.length < start + length) return
      const opcode = (this.#pending[0] ?? 0) & 0x0f
      if (opcode === 1) this.texts.push(this.#pending.toString("utf8", start, start + length))
      this.#pending = this.#pending.subarray(start + length)
      if (opcode === 8) this.#socket.destroy()
      this.#onText()
    }
  }
}

function lengthOf(length: number): Buffer {
  if (length < SPECIALS.medium) return Buffer.from([0x80 | length])
  if (length < 65_536) {
    const head = Buffer.from([0x80 | SPECIALS.medium, 0, 0])
    head.writeUInt16BE(length, 1)
    return head
  }
  const head = Buffer.alloc(9)
  head[0] = 0x80 | SPECIALS.large
  head.writeBigUInt64BE(BigInt(length), 1)
  return head
}
