/** What lies under the keys: fixed fields first, the caller's bytes last, as they came ([S14]). */
import type { Entry, Head, LogKey, Repeated, StoredRecord } from "../contract.ts"
import { NUMBER_BYTES, readNumber, writeNumber } from "./key-bytes.ts"

const TAG_BYTES = 8
const COUNT_BYTES = 2
/**
 * Added to the length of a pointer's log where the pointer has its own time. Older ones have none: it is that of the
 * entry itself.
 */
const WITH_TIME = 0x8000

const ABSENT: StoredRecord = { version: 0, value: undefined }

export function encodeRecord(version: number, value: Uint8Array): Buffer {
  const encoded = Buffer.allocUnsafe(NUMBER_BYTES + value.length)
  encoded.set(value, writeNumber(encoded, version, 0))
  return encoded
}

export const decodeRecord = (encoded: Buffer | undefined): StoredRecord =>
  encoded === undefined ? ABSENT : { version: readNumber(encoded, 0), value: encoded.subarray(NUMBER_BYTES) }

/** Where a log ends, and the number of its first entry that was not trimmed. */
export interface LogState {
  readonly at: number
  readonly n: number
  readonly tag: string
  readonly first: number
}

export function encodeState({ at, n, tag, first }: LogState): Buffer {
  const encoded = Buffer.allocUnsafe(3 * NUMBER_BYTES + TAG_BYTES)
  const end = writeNumber(encoded, first, writeNumber(encoded, n, writeNumber(encoded, at, 0)))
  encoded.write(tag, end, "latin1")
  return encoded
}

export function decodeState(encoded: Buffer | undefined): LogState | undefined {
  if (encoded === undefined) return undefined
  return {
    at: readNumber(encoded, 0),
    n: readNumber(encoded, NUMBER_BYTES),
    first: readNumber(encoded, 2 * NUMBER_BYTES),
    tag: encoded.toString("latin1", 3 * NUMBER_BYTES),
  }
}

export const headOf = (state: LogState | undefined): Head =>
  state === undefined ? undefined : { at: state.at, n: state.n, tag: state.tag }

/** An entry as it lies in its log: its address is in the key; of what it points to, the log and address ([S7]). */
export interface StoredEntry {
  readonly tag: string
  readonly value: Uint8Array
  readonly of: { readonly log: LogKey; readonly n: number; readonly at: number | undefined } | undefined
}

export function encodeEntry({ tag, value, of }: Pick<Entry, "tag" | "value" | "of">): Buffer {
  const logBytes = of === undefined ? 0 : Buffer.byteLength(of.log)
  const pointer = of === undefined ? 0 : logBytes + 2 * NUMBER_BYTES
  const encoded = Buffer.allocUnsafe(TAG_BYTES + COUNT_BYTES + pointer + value.length)
  encoded.write(tag, 0, "latin1")
  // 0 is "points nowhere": a log's name may be empty, so its length is counted from 1.
  let end = encoded.writeUInt16BE(of === undefined ? 0 : WITH_TIME + logBytes + 1, TAG_BYTES)
  if (of !== undefined) {
    end = writeNumber(encoded, of.n, end + encoded.write(of.log, end))
    end = writeNumber(encoded, of.at, end)
  }
  encoded.set(value, end)
  return encoded
}

export function decodeEntry(encoded: Buffer): StoredEntry {
  const tag = encoded.toString("latin1", 0, TAG_BYTES)
  const start = TAG_BYTES + COUNT_BYTES
  const length = encoded.readUInt16BE(TAG_BYTES)
  if (length === 0) return { tag, value: encoded.subarray(start), of: undefined }
  const timed = length >= WITH_TIME
  const end = start + (length % WITH_TIME) - 1
  const at = timed ? readNumber(encoded, end + NUMBER_BYTES) : undefined
  const of = { log: encoded.toString("utf8", start, end), n: readNumber(encoded, end), at }
  return { tag, value: encoded.subarray(end + (timed ? 2 : 1) * NUMBER_BYTES), of }
}

export function encodeAnswer(at: number, numbers: readonly number[], answer: string): Buffer {
  const fixed = NUMBER_BYTES + COUNT_BYTES + numbers.length * NUMBER_BYTES
  const encoded = Buffer.allocUnsafe(fixed + Buffer.byteLength(answer))
  let end = encoded.writeUInt16BE(numbers.length, writeNumber(encoded, at, 0))
  for (const n of numbers) end = writeNumber(encoded, n, end)
  encoded.write(answer, end)
  return encoded
}

export function decodeAnswer(encoded: Buffer): Repeated {
  const numbers: number[] = []
  const count = encoded.readUInt16BE(NUMBER_BYTES)
  let end = NUMBER_BYTES + COUNT_BYTES
  for (let i = 0; i < count; i += 1, end += NUMBER_BYTES) numbers.push(readNumber(encoded, end))
  return { kind: "repeated", at: readNumber(encoded, 0), n: numbers, answer: encoded.toString("utf8", end) }
}
