/**
 * What is published on an announcement channel: its running number with its length before it, then its entries. Without
 * entries it is a heartbeat: it shows that the channel delivers, and up to which number.
 */
import type { InHand } from "./in-hand.ts"
import { complete, type Pointed, type Pointer, parseStored, pointedOf } from "./stream-entry.ts"
import type { Announced } from "./tail.ts"

export interface Announcement {
  readonly number: number
  readonly heartbeat: boolean
  readonly entries: readonly AnnouncedEntry[]
}

const LENGTH = 4
/** Five lengths: of the log's key, the id, the tag of the log's entry before, the entry, and the entry it points to. */
const LENGTHS = 5 * LENGTH
/** In place of the last length: this entry points to the same one as the entry before it in this announcement. */
const SAME = 0xffffffff

/** An entry of an announcement, parsed only when asked for: most entries have no follower on this node. */
class AnnouncedEntry {
  /** The physical key of the log. */
  readonly key: string
  readonly #bytes: Buffer
  readonly #id: number
  readonly #previous: number
  readonly #stored: number
  readonly #pointed: number
  readonly #same: AnnouncedEntry | undefined
  #target: Pointed | undefined
  readonly end: number
  readonly #hand: InHand

  /**
   * Five lengths and then the parts, as `commit.lua` packs them. Another program may publish anything, so lengths are
   * not trusted.
   */
  constructor(bytes: Buffer, from: number, before: AnnouncedEntry | undefined, hand: InHand) {
    const within = (at: number): number => Math.min(at, bytes.length)
    const lengthAt = (index: number): number => bytes.readUInt32BE(from + index * LENGTH)
    const key = from + LENGTHS
    const pointedLength = lengthAt(4)
    this.#bytes = bytes
    this.#id = within(key + lengthAt(0))
    this.#previous = within(this.#id + lengthAt(1))
    this.#stored = within(this.#previous + lengthAt(2))
    this.#pointed = within(this.#stored + lengthAt(3))
    this.#same = pointedLength === SAME ? before : undefined
    this.end = pointedLength === SAME ? this.#pointed : within(this.#pointed + pointedLength)
    this.#hand = hand
    this.key = bytes.toString("utf8", key, this.#id)
  }

  parse(): Announced {
    const bytes = this.#bytes
    const id = bytes.toString("latin1", this.#id, this.#previous)
    const entry = parseStored(id, bytes.subarray(this.#stored, this.#pointed))
    return {
      previous: bytes.toString("latin1", this.#previous, this.#stored),
      entry: complete(entry, entry.pointer && this.#pointedBy(entry.pointer), this.#hand.take(entry.tag)),
    }
  }

  /** Entries that point to the same one share one object, so that a node that follows both feeds decodes it once. */
  #pointedBy(pointer: Pointer): Pointed | undefined {
    if (this.#same) return this.#same.#pointedBy(pointer)
    const bytes = this.#bytes.subarray(this.#pointed, this.end)
    if (!this.#target && bytes.length > 0) this.#target = pointedOf(pointer, parseStored(pointer.id, bytes))
    return this.#target
  }
}

export function parseAnnouncement(bytes: Buffer, hand: InHand): Announcement {
  const digits = bytes.length < LENGTH ? 0 : bytes.readUInt32BE(0)
  let at = Math.min(LENGTH + digits, bytes.length)
  const number = Number(bytes.toString("latin1", LENGTH, at))
  const entries: AnnouncedEntry[] = []
  while (at + LENGTHS <= bytes.length) {
    const entry = new AnnouncedEntry(bytes, at, entries.at(-1), hand)
    entries.push(entry)
    at = entry.end
  }
  return { number, heartbeat: entries.length === 0, entries }
}

export function heartbeat(number: number): Buffer {
  const text = Buffer.from(String(number), "latin1")
  const bytes = Buffer.alloc(LENGTH + text.length)
  bytes.writeUInt32BE(text.length)
  text.copy(bytes, LENGTH)
  return bytes
}
