/**
 * The small part of MessagePack that Redis' own decoder (`cmsgpack`) reads: arrays, numbers and strings of any
 * bytes. msgpackr writes bytes as `bin`, which that decoder refuses.
 */
export class Writer {
  #bytes = Buffer.allocUnsafe(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  array(count: number): this {
    this.#room(5)
    if (count < 16) this.#bytes[this.#length++] = 0x90 | count
    else {
      this.#bytes[this.#length++] = 0xdd
      this.#length = this.#bytes.writeUInt32BE(count, this.#length)
    }
    return this
  }

  number(value: number): this {
    this.#room(9)
    if (Number.isInteger(value) && value >= 0 && value < 128) this.#bytes[this.#length++] = value
    else {
      this.#bytes[this.#length++] = 0xcb
      this.#length = this.#bytes.writeDoubleBE(value, this.#length)
    }
    return this
  }

  text(value: string): this {
    const length = Buffer.byteLength(value)
    this.#string(length)
    this.#length += this.#bytes.write(value, this.#length, length, "utf8")
    return this
  }

  /** One string out of several pieces. */
  bytes(...pieces: readonly Uint8Array[]): this {
    this.#string(pieces.reduce((sum, piece) => sum + piece.length, 0))
    for (const piece of pieces) {
      this.#bytes.set(piece, this.#length)
      this.#length += piece.length
    }
    return this
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #string(length: number): void {
    this.#room(5 + length)
    if (length < 32) this.#bytes[this.#length++] = 0xa0 | length
    else {
      this.#bytes[this.#length++] = 0xdb
      this.#length = this.#bytes.writeUInt32BE(length, this.#length)
    }
  }

  #room(needed: number): void {
    if (this.#length + needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + needed))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
