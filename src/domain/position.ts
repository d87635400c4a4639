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

/**
 * The part of a position that is the same for all messages of a log: the beginning of its random id. It orders entries
 * of different logs that came in the same millisecond.
 */
const tagOf = memoized((log) => {
  const random = log.slice(log.indexOf("_") + 1).replace(/[^0-9A-Za-z]/g, "")
  return random.slice(2, 2 + TAG).padEnd(TAG, "0")
})

const HALF = 2 ** 24
const HALF_WIDTH = 6
/** Fixed-width hexadecimal. Large numbers are written in two halves, because V8 writes more than 31 bits ten times slower. */
export const hex = (value: number, width: number): string =>
  value < HALF
    ? value.toString(16).padStart(width, "0")
    : hex(Math.floor(value / HALF), width - HALF_WIDTH) + hex(value % HALF, HALF_WIDTH)

export function positionOf(log: string, address: Address): string {
  return hex(address.at, AT) + tagOf(log) + hex(address.n, NUMBER)
}

/** A position between this message and the one before it. */
export const justBefore = (position: string): string => moved(position, -1)

/** A position between this message and the one after it. */
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
 * The number that a part of a position stands for. Positions come from clients: a part that is too short is filled with
 * zeros, and a letter after `f` counts as more than any digit, so that numbers compare as the strings do.
 */
function lowest(part: string, width: number): number {
  const [digits = ""] = /^[0-9a-f]*/.exec(part) ?? []
  const fill = digits.length < part.length ? "f" : "0"
  return Number.parseInt(digits.padEnd(width, fill), 16)
}

/**
 * When the message at this position was received, Unix milliseconds. For a text that is no position, a time in the same
 * order as the text.
 */
export const timeOf = (position: string): number => lowest(position.slice(0, AT), AT)

/** An address before every entry of any log. */
export const FIRST: Address = { at: 0, n: 0 }
