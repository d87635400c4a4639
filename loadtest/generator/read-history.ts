/** A whole history, page by page, as a device reads it upwards; and whether it holds what it must. */
import { type Key, readKey } from "../check/key.ts"
import { CLEAN, type Verdict } from "../check/verdict.ts"
import type { Client } from "../wire/namespace-socket.ts"
import { ask, field, list } from "./hub-people.ts"

export interface Page {
  readonly ms: number
  readonly messages: number
}

export interface History {
  /** Oldest first. */
  readonly texts: readonly string[]
  readonly positions: readonly string[]
  readonly pages: readonly Page[]
}

const PAGE = 100

export async function readHistory(client: Client, conversationId: string): Promise<History> {
  const texts: string[][] = []
  const positions: string[][] = []
  const pages: Page[] = []
  let before: string | undefined
  for (let more = true; more; ) {
    const at = performance.now()
    const bounds = before === undefined ? {} : { before }
    const page = await ask(client, "message:list", { conversationId, limit: PAGE, ...bounds })
    const messages = list(field(page, "messages"))
    pages.push({ ms: performance.now() - at, messages: messages.length })
    texts.unshift(messages.map((message) => String(field(message, "content", "text"))))
    positions.unshift(messages.map((message) => String(field(message, "position"))))
    const oldest = field(messages[0], "position")
    more = field(page, "more") === true && typeof oldest === "string"
    if (typeof oldest === "string") before = oldest
  }
  return { texts: texts.flat(), positions: positions.flat(), pages }
}

export interface Wanted {
  readonly run: string
  /** Each room's messages are counted from 0 by one sender. */
  readonly rooms: ReadonlyMap<number, number>
}

/** Every message of these rooms once, each room's in its order, positions rising; nothing else of any run. */
export function historyVerdict({ texts, positions }: History, { run, rooms }: Wanted): Verdict {
  const key: Key = { run: "", room: 0, sender: 0, n: 0 }
  const seen = new Map([...rooms.keys()].map((room) => [room, new Set<number>()] as const))
  const last = new Map<number, number>()
  let doubled = 0
  let reordered = 0
  let leaked = 0
  for (const text of texts) {
    const bytes = Buffer.from(text, "latin1")
    if (!readKey(bytes, 0, bytes.length, NOTHING, key)) continue
    const own = key.run === run ? seen.get(key.room) : undefined
    if (!own) leaked += 1
    else if (own.has(key.n)) doubled += 1
    else if (key.n < (last.get(key.room) ?? -1)) reordered += 1
    own?.add(key.n)
    last.set(key.room, Math.max(key.n, last.get(key.room) ?? -1))
  }
  positions.forEach((position, index) => {
    if (index > 0 && position <= (positions[index - 1] ?? "")) reordered += 1
  })
  const lost = [...rooms].reduce((all, [room, count]) => all + count - (seen.get(room)?.size ?? 0), 0)
  return { ...CLEAN, lost, doubled, reordered, leaked }
}

const NOTHING = Buffer.alloc(0)
