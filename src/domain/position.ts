/**
 * Positions order the messages of a conversation across all its logs: time of receipt, then the log, then the
 * number in the log. A position is a fixed-width string, so comparing strings compares positions (docs/protocol.md 2).
 */
import { memoized } from "../lib/memoized.ts"

/** An entry's time and number in its log, as the store gives them. */
export interface Address {
  readonly at: number
  readonly n: number
}

export const isLater = (one: Address, other: Address): boolean =>
  one.at > other.at || (one.at === other.at && one.n > other.n)

const AT = 12
const TAG = 8
const NUMBER = 6
const WIDTH = AT + TAG + NUMBER

/** The same for all messages of a log. Orders logs whose entries came in the same millisecond: the beginning of the log's random part. */
const tagOf = memoized((log) => {
  const random = log.slice(log.indexOf("_") + 1).replace(/[^0-9A-Za-z]/g, "")
  return random.slice(2, 2 + TAG).padEnd(TAG, "0")
})

const HALF = 2 ** 24
const HALF_WIDTH = 6
/** Fixed-width hexadecimal. In two halves: numbers of more than 31 bits take ten times as long to write. */
export const hex = (value: number, width: number): string =>
  value < HALF
    ? value.toString(16).padStart(width, "0")
    : hex(Math.floor(value / HALF), width - HALF_WIDTH) + hex(value % HALF, HALF_WIDTH)

export function positionOf(log: string, address: Address): string {
  return hex(address.at, AT) + tagOf(log) + hex(address.n, NUMBER)
}

/** After every message that comes before this one. */
export const justBefore = (position: string): string => moved(position, -1)

/** Before every message that comes after this one. */
export const justAfter = (position: string): string => moved(position, 1)

const moved = (position: string, by: 1 | -1): string =>
  position.slice(0, AT + TAG) + hex(Math.max(0, lowest(position.slice(AT + TAG, WIDTH), NUMBER) + by), NUMBER)

/** The bound in `log` that separates the entries before `position` from those at or after it. */
export function boundIn(log: string, position: string): Address {
  const at = lowest(position.slice(0, AT), AT)
  const tag = position.slice(AT, AT + TAG)
  const own = tagOf(log)
  if (own < tag) return { at, n: Number.MAX_SAFE_INTEGER }
  if (own > tag) return { at, n: 0 }
  return { at, n: lowest(position.slice(AT + TAG, WIDTH), NUMBER) }
}

/**
 * The number a hexadecimal part stands for. A position comes from a client: one that is too short or has other letters is
 * read so that the order of strings is kept. A letter after f therefore counts as more than any number.
 */
function lowest(part: string, width: number): number {
  const [digits = ""] = /^[0-9a-f]*/.exec(part) ?? []
  const fill = digits.length < part.length ? "f" : "0"
  return Number.parseInt(digits.padEnd(width, fill), 16)
}

/** When the message at this position was received; of what is no position, a time that keeps the order of strings. */
export const timeOf = (position: string): number => lowest(position.slice(0, AT), AT)

/** Before everything that was ever stored. */
export const FIRST: Address = { at: 0, n: 0 }
