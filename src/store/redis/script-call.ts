/**
 * A call of `commit.lua` that encodes itself for the wire. ioredis computes the length of each argument three times, and a
 * batch has some hundred keys: that was a thirtieth of the cost of a message. Like ioredis' own scripts it overrides
 * `toWritable`; its test compares the bytes with those of the installed version.
 */
import { Command } from "ioredis"

export class ScriptCall extends Command {
  readonly #keys: readonly string[]
  readonly #blob: Buffer
  readonly #script: string

  /** @param script its hash, or for `eval` its text */
  constructor(name: "evalsha" | "eval", script: string, keys: readonly string[], blob: Buffer) {
    super(name, [script, String(keys.length), ...keys, blob], { replyEncoding: null })
    this.#keys = keys
    this.#blob = blob
    this.#script = script
  }

  override toWritable(socket: object): string | Buffer {
    const { length } = this.#keys
    let head = `*${length + 4}\r\n${bulk(this.name)}${bulk(this.#script)}${bulk(String(length))}`
    for (const key of this.#keys) head += bulk(key)
    head += `$${this.#blob.length}\r\n`
    const size = Buffer.byteLength(head)
    // The lengths above count characters, which are right only for plain ASCII.
    if (size !== head.length) return super.toWritable(socket)
    const bytes = Buffer.allocUnsafe(size + this.#blob.length + END.length)
    bytes.write(head, "latin1")
    bytes.set(this.#blob, size)
    bytes.set(END, size + this.#blob.length)
    return bytes
  }
}

const END = Buffer.from("\r\n")
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`
