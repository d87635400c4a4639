/**
 * The client's half of RFC 6455, as much of it as Engine.IO uses: unfragmented frames. The generators must cost far
 * less than what they measure, so nothing here makes an object for a frame that it reads.
 */

export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const

/** Frames of clients must be masked. A mask of zeros is a valid one that leaves the payload as it is. */
export function frame(opcode: number, payload: string): Buffer {
  const length = Buffer.byteLength(payload)
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const bytes = Buffer.alloc(6 + extended + length)
  bytes[0] = 0x80 | opcode
  bytes[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127)
  if (extended === 2) bytes.writeUInt16BE(length, 2)
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2)
  bytes.write(payload, 6 + extended)
  return bytes
}

/** The payload lies in `bytes` from `from` up to `to`, and only until the call returns. */
export type OnFrame = (opcode: number, bytes: Buffer, from: number, to: number) => void

/** Cuts what arrives into frames; the rest of a chunk waits for the next one. */
export class FrameReader {
  readonly #onFrame: OnFrame
  #rest: Buffer | undefined

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  /** @throws Error on a frame that a server of Engine.IO never sends */
  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = undefined
    let at = 0
    while (bytes.length - at >= 2) {
      const first = bytes[at] ?? 0
      const second = bytes[at + 1] ?? 0
      if ((first & 0x80) === 0 || (second & 0x80) !== 0) throw new Error("A fragmented or a masked frame.")
      let length = second
      let header = 2
      if (length === 126) {
        header = 4
        if (bytes.length - at < header) break
        length = bytes.readUInt16BE(at + 2)
      } else if (length === 127) {
        header = 10
        if (bytes.length - at < header) break
        length = Number(bytes.readBigUInt64BE(at + 2))
      }
      const from = at + header
      const to = from + length
      if (to > bytes.length) break
      this.#onFrame(first & 0x0f, bytes, from, to)
      at = to
    }
    // The chunk's memory is the reader's of the socket: what stays is copied.
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at))
  }
}
