/**
 * From messages to rows: a line for each day, one for what is new, and runs of messages of one author that stand
 * together. Pure: the same messages give the same rows, with the same keys.
 */
import type { Author, Message } from "../../protocol/model.ts"
import { sameDay } from "./times.ts"

/** What a row needs to know of a message; of one that is not stored yet, too. */
export interface ShownMessage {
  readonly key: string
  readonly at: number
  readonly author: Author
}

export type TimelineRow<E extends ShownMessage> =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "new"; readonly key: string }
  | {
      readonly kind: "entry"
      readonly key: string
      readonly entry: E
      readonly first: boolean
      readonly last: boolean
    }

/** A pause of so long separates messages of one author. */
const PAUSE_MS = 5 * 60_000

/** The key stays when what was being sent is stored: it is named by the sender's own name for it. */
export const keyOf = (message: Pick<Message, "id" | "localId" | "author">): string =>
  message.author.type === "user" && message.localId !== undefined ? `local ${message.localId}` : message.id

/** @param newBefore key of the first entry that is new to the reader */
export function rowsOf<E extends ShownMessage>(
  entries: readonly E[],
  newBefore?: string,
): readonly TimelineRow<E>[] {
  const rows: TimelineRow<E>[] = []
  // The clock of a device that still has something to send may go wrong: a day can come twice.
  const days = new Map<string, number>()
  entries.forEach((entry, index) => {
    const before = entries[index - 1]
    const after = entries[index + 1]
    if (!before || !sameDay(before.at, entry.at)) {
      const day = new Date(entry.at).toDateString()
      const times = (days.get(day) ?? 0) + 1
      days.set(day, times)
      rows.push({ kind: "day", key: `day ${day} ${times}`, at: entry.at })
    }
    if (entry.key === newBefore) rows.push({ kind: "new", key: "new" })
    const first = !before || entry.key === newBefore || !together(before, entry)
    const last = !after || after.key === newBefore || !together(entry, after)
    rows.push({ kind: "entry", key: entry.key, entry, first, last })
  })
  return rows
}

const together = (a: ShownMessage, b: ShownMessage): boolean =>
  a.author.type === b.author.type &&
  a.author.id === b.author.id &&
  a.author.name === b.author.name &&
  sameDay(a.at, b.at) &&
  b.at - a.at < PAUSE_MS
