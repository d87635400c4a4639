/**
 * How an entry looks in its stream: the id `<at>-<n>` and one field of bytes,
 *
 *     tag (8) "v" value
 *     tag (8) "p" <at>-<n> " " <length of log> " " log value      it points to that entry
 */
import type { Address, Entry, Head, LogKey } from "../contract.ts"
import { TAG_CHARACTERS } from "../tag.ts"

const HEADER = TAG_CHARACTERS + 1
const POINTER = "p".charCodeAt(0)
const SPACE = 0x20

export type StreamRow = readonly [id: Buffer, fields: readonly Buffer[]]

export interface Pointer {
  readonly log: LogKey
  readonly id: string
}

/** What an entry points to. */
export type Pointed = NonNullable<Entry["of"]>

/** An entry as stored: what it points to is an address, not yet a value. */
export interface Stored extends Address {
  readonly tag: string
  readonly value: Buffer
  readonly pointer: Pointer | undefined
}

/** The part of an entry before its value. */
export const plainHeader = (tag: string) => `${tag}v`
/** The parts of a pointer before and after the address of what it points to, which the script knows. */
export const pointerHeader = (tag: string) => `${tag}p`
/** As a latin1 string with one character for each byte, because a log's name may have any characters. */
export const pointedLog = (log: LogKey) => {
  const name = isPlain(log) ? log : Buffer.from(log).toString("latin1")
  return ` ${name.length} ${name}`
}
const isPlain = (text: string): boolean => !/[^\x20-\x7e]/.test(text)

const MAX = Number.MAX_SAFE_INTEGER
const count = (value: number) => String(Math.min(MAX, Math.max(0, Math.trunc(value))))
export const idOf = (address: Address) => `${count(address.at)}-${count(address.n)}`

export function addressOf(id: string): Address {
  const dash = id.indexOf("-")
  return { at: Number(id.slice(0, dash)), n: Number(id.slice(dash + 1)) }
}

export function parseStored(id: string, bytes: Buffer): Stored {
  const { at, n } = addressOf(id)
  const tag = bytes.toString("latin1", 0, TAG_CHARACTERS)
  if (bytes[TAG_CHARACTERS] !== POINTER)
    return { at, n, tag, value: bytes.subarray(HEADER), pointer: undefined }
  const first = bytes.indexOf(SPACE, HEADER)
  const second = bytes.indexOf(SPACE, first + 1)
  const end = second + 1 + Number(bytes.toString("latin1", first + 1, second))
  const pointer = {
    log: bytes.toString("utf8", second + 1, end),
    id: bytes.toString("latin1", HEADER, first),
  }
  return { at, n, tag, value: bytes.subarray(end), pointer }
}

export function parseRow([id, fields]: StreamRow): Stored {
  return parseStored(id.toString("latin1"), fields[1] ?? Buffer.alloc(0))
}

export const headOf = (entry: Address & { readonly tag: string }): NonNullable<Head> => ({
  at: entry.at,
  n: entry.n,
  tag: entry.tag,
})

/** [S6] The time is compared too: a commit that a cluster's client sent again by itself has its old tags, at another time. */
export const isSame = (one: Head, other: Head): boolean =>
  one?.n === other?.n && one?.tag === other?.tag && one?.at === other?.at

/** The head of a log as text, to compare it with what `heads.ts` reads; "" for an empty log. */
export const headText = (head: Head): string => (head ? `${idOf(head)} ${head.tag}` : "")

export const pointedOf = ({ log }: Pointer, { value, at, n }: Stored): Pointed => ({ log, value, at, n })

/** [S7] The entry with what it points to, or without it where that was trimmed. */
export function complete({ at, n, tag, value }: Stored, of: Pointed | undefined, inHand?: unknown): Entry {
  return { at, n, tag, value, of, inHand }
}
