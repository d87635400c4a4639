/** The name of a message: it stands at the head of its text, at fixed places, so that reading it costs next to nothing. */

export interface Key {
  /** Six letters of the run: a message of another run is a leak. */
  run: string
  room: number
  sender: number
  /** The sender's messages are counted from 0. */
  n: number
}

const MARK = Buffer.from("@!")
const RUN = 6
const ROOM = 6
const SENDER = 4
const COUNT = 8
const KEY_LENGTH = MARK.length + RUN + ROOM + SENDER + COUNT

/** A text of exactly `length` characters. */
export function textOf({ run, room, sender, n }: Key, length: number): string {
  const head = `@!${run}${String(room).padStart(ROOM, "0")}${String(sender).padStart(SENDER, "0")}${String(n).padStart(COUNT, "0")}`
  return head.padEnd(length, "abcdefghi ")
}

/**
 * Writes into `key`, which the caller uses again and again; `false`: between `from` and `to` is no message. Other events may
 * quote a message (a conversation its last one): `kind` is what only a delivery has in front of the text.
 */
export function readKey(bytes: Buffer, from: number, to: number, kind: Buffer, key: Key): boolean {
  const mark = bytes.indexOf(MARK, from)
  if (mark === -1 || mark + KEY_LENGTH > to) return false
  const named = bytes.indexOf(kind, from)
  if (named === -1 || named > mark) return false
  let at = mark + MARK.length
  key.run = bytes.toString("latin1", at, at + RUN)
  at += RUN
  key.room = digits(bytes, at, ROOM)
  at += ROOM
  key.sender = digits(bytes, at, SENDER)
  key.n = digits(bytes, at + SENDER, COUNT)
  return true
}

function digits(bytes: Buffer, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) value = value * 10 + (bytes[at] ?? 0) - 0x30
  return value
}

/** A number for each row of messages, to compare rows that were seen in different processes. */
export const chained = (hash: number, sender: number, n: number): number =>
  Math.imul(Math.imul(hash ^ sender, 0x01000193) ^ n, 0x01000193) >>> 0
export const EMPTY_CHAIN = 0x811c9dc5
