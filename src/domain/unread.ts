/** How far one side has read a log, by its end (docs/protocol.md 3.4). */
import type { Author } from "../protocol/model.ts"
import type { Reading } from "./conversation.ts"
import { type Address, positionOf } from "./position.ts"
import type { FoldPayload, LogPayload } from "./records.ts"

export interface ReadBack {
  /** From the end on, one after another; a log that was folded in is read from its own end to its own marker. */
  readonly steps: readonly (Reading | FoldPayload)[]
  /** A marker or a message of the reader's own was met: nothing before it is unread. */
  readonly over: boolean
}

/**
 * Walks back from the end of the log to the reader's marker, or to a message of their own: everything before that is
 * read.
 *
 * @param entries the end of the log, oldest first
 * @param marker up to where the reader has read this log
 */
export function readBack(
  entries: readonly (Address & { readonly payload: LogPayload })[],
  log: string,
  marker: string | undefined,
  reader: "user" | "business",
): ReadBack {
  const steps: (Reading | FoldPayload)[] = []
  for (const entry of entries.toReversed()) {
    const position = positionOf(log, entry)
    if (marker !== undefined && position <= marker) break
    const { payload } = entry
    if (payload.kind === "fold") steps.push(payload)
    else if (isHubs(payload.author) && reader === "business") continue
    else if ((payload.author.type === "user") === (reader === "user"))
      return { steps: [...steps, { unread: 0, readTo: position }], over: true }
    else if (!(payload.internal && reader === "user")) steps.push({ unread: 1, firstUnread: position })
  }
  const [first] = entries
  const reached = marker !== undefined && first !== undefined && positionOf(log, first) <= marker
  return reached ? { steps: [...steps, { unread: 0, readTo: marker }], over: true } : { steps, over: false }
}

/** The default responder sends by itself: that does not mean an agent has read anything. */
const isHubs = ({ type, id }: Author): boolean => type === "bot" && id === undefined
