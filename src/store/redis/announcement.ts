/**
 * What is published on an announcement channel: its running number, then its entries; each part with its length
 * before it. Without entries it is a heartbeat: it shows that the channel delivers, and up to which number.
 */
import type { InHand } from "./in-hand.ts"
import { complete, parseStored } from "./stream-entry.ts"
import type { Announced } from "./tail.ts"

export interface Announcement {
  readonly number: number
  readonly heartbeat: boolean
  readonly entries: readonly AnnouncedEntry[]
}

const LENGTH = 4

/** One after the other, each with its length before it. */
class Parts {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at + LENGTH > this.#bytes.length
  }

  text(encoding: "latin1" | "utf8"): string {
    const from = this.pass()
    return this.#bytes.toString(encoding, from, this.#at)
  }

  /** @returns where it begins; a part may be cut short, where another program published on the channel */
  pass(): number {
    const length = this.ended ? 0 : this.#bytes.readUInt32BE(this.#at)
    const from = Math.min(this.#at + LENGTH, this.#bytes.length)
    this.#at = Math.min(from + length, this.#bytes.length)
    return from
  }

  get at(): number {
    return this.#at
  }
}

/** Most entries have no follower on this node: what is not asked for is not parsed. */
class AnnouncedEntry {
  /** The physical key of the log. */
  readonly key: string
  readonly #bytes: Buffer
  readonly #id: number
  readonly #previous: number
  readonly #stored: number
  readonly #pointed: number
  readonly #end: number
  readonly #hand: InHand

  /** Log, id, tag of the entry before, entry, the entry it points to: as `commit.lua` packs them. */
  constructor(bytes: Buffer, parts: Parts, hand: InHand) {
    this.key = parts.text("utf8")
    this.#bytes = bytes
    this.#id = parts.pass()
    this.#previous = parts.pass()
    this.#stored = parts.pass()
    this.#pointed = parts.pass()
    this.#end = parts.at
    this.#hand = hand
  }

  parse(): Announced {
    const bytes = this.#bytes
    const id = bytes.toString("latin1", this.#id, this.#previous - LENGTH)
    const entry = parseStored(id, bytes.subarray(this.#stored, this.#pointed - LENGTH))
    const pointed = entry.pointer && this.#end > this.#pointed
    const target = pointed && parseStored(entry.pointer.id, bytes.subarray(this.#pointed, this.#end))
    return {
      previous: bytes.toString("latin1", this.#previous, this.#stored - LENGTH),
      entry: complete(entry, target || undefined, this.#hand.take(entry.tag)),
    }
  }
}

export function parseAnnouncement(bytes: Buffer, hand: InHand): Announcement {
  const parts = new Parts(bytes)
  const number = parts.ended ? 0 : Number(parts.text("latin1"))
  const entries: AnnouncedEntry[] = []
  while (!parts.ended) entries.push(new AnnouncedEntry(bytes, parts, hand))
  return { number, heartbeat: entries.length === 0, entries }
}

export function heartbeat(number: number): Buffer {
  const text = Buffer.from(String(number), "latin1")
  const bytes = Buffer.alloc(LENGTH + text.length)
  bytes.writeUInt32BE(text.length)
  text.copy(bytes, LENGTH)
  return bytes
}
