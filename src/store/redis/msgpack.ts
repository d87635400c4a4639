/**
 * The small part of MessagePack that Redis' own decoder (`cmsgpack`) reads: one list of numbers and strings of any
 * bytes. msgpackr writes bytes as `bin`, which that decoder refuses.
 */
const SHORT = 64
const LIST = 0xdd
const HEAD_BYTES = 5

export class PackWriter {
  #bytes = Buffer.allocUnsafe(4096)
  #length = HEAD_BYTES
  #count = 0

  get length(): number {
    return this.#length
  }

  /** Begins anew in the same memory: what `finish` gave is overwritten. */
  reset(): this {
    this.#length = HEAD_BYTES
    this.#count = 0
    return this
  }

  number(value: number): this {
    this.#room(9)
    this.#count += 1
    const small = value >= 0 && value < 65_536 && Number.isInteger(value)
    if (small && value < 128) this.#bytes[this.#length++] = value
    else if (small) {
      this.#bytes[this.#length++] = 0xcd
      this.#bytes[this.#length++] = value >>> 8
      this.#bytes[this.#length++] = value & 0xff
    } else {
      this.#bytes[this.#length++] = 0xcb
      this.#length = this.#bytes.writeDoubleBE(value, this.#length)
    }
    return this
  }

  text(value: string): this {
    const { length } = value
    if (length <= SHORT && this.#ascii(value, length)) return this
    const bytes = Buffer.byteLength(value)
    this.#string(bytes)
    this.#length += this.#bytes.write(value, this.#length, bytes, "utf8")
    return this
  }

  /** One string: a head of ASCII, then bytes. */
  bytes(value: Uint8Array, head = ""): this {
    this.#string(head.length + value.length)
    this.#length += this.#bytes.write(head, this.#length, "latin1")
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  /** Names and numbers are short and plain, and then a loop is quicker than the call that encodes any text. */
  #ascii(value: string, length: number): boolean {
    const begin = this.#length
    this.#string(length)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) {
        this.#length = begin
        this.#count -= 1
        return false
      }
      bytes[at++] = code
    }
    this.#length = at
    return true
  }

  finish(): Buffer {
    this.#bytes[0] = LIST
    this.#bytes.writeUInt32BE(this.#count, 1)
    return this.#bytes.subarray(0, this.#length)
  }

  #string(length: number): void {
    this.#room(5 + length)
    this.#count += 1
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
