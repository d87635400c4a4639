/**
 * What is published on an announcement channel: its running number, then its entries; each part with its length
 * before it. Without entries it is a heartbeat: it shows that the channel delivers, and up to which number.
 */
import type { Entry } from "../contract.ts"
import type { InHand } from "./in-hand.ts"
import { complete, parseStored } from "./stream-entry.ts"
import type { Announced } from "./tail.ts"

/** The physical key of the log, and a function that parses: most entries have no follower on this node. */
interface AnnouncedEntry {
  readonly key: string
  parse(): Announced
}

export interface Announcement {
  readonly number: number
  readonly heartbeat: boolean
  readonly entries: readonly AnnouncedEntry[]
}

const LENGTH = 4
/** Log, id, tag of the entry before, entry, the entry it points to: as `commit.lua` packs them. */
const PARTS = 5
const NONE = Buffer.alloc(0)

export function parseAnnouncement(bytes: Buffer, hand: InHand): Announcement {
  const parts: Buffer[] = []
  for (let at = 0; at + LENGTH <= bytes.length; ) {
    const end = at + LENGTH + bytes.readUInt32BE(at)
    parts.push(bytes.subarray(at + LENGTH, end))
    at = end
  }
  const [number = NONE, ...rest] = parts
  const entries: AnnouncedEntry[] = []
  for (let i = 0; i + PARTS <= rest.length; i += PARTS) {
    const [key = NONE, id = NONE, previous = NONE, stored = NONE, pointed = NONE] = rest.slice(i, i + PARTS)
    entries.push({
      key: key.toString("utf8"),
      parse: () => ({ previous: previous.toString("latin1"), entry: parseEntry(id, stored, pointed, hand) }),
    })
  }
  return { number: Number(number.toString("latin1")), heartbeat: entries.length === 0, entries }
}

function parseEntry(id: Buffer, stored: Buffer, pointed: Buffer, hand: InHand): Entry {
  const entry = parseStored(id.toString("latin1"), stored)
  const target = entry.pointer && pointed.length > 0 ? parseStored(entry.pointer.id, pointed) : undefined
  return complete(entry, target, hand.take(entry.tag))
}

export function heartbeat(number: number): Buffer {
  const text = Buffer.from(String(number), "latin1")
  const bytes = Buffer.alloc(LENGTH + text.length)
  bytes.writeUInt32BE(text.length)
  text.copy(bytes, LENGTH)
  return bytes
}
