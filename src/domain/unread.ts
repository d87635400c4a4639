/** How far one side has read a log, by its end (docs/protocol.md 3.4). */
import type { Author } from "../protocol/model.ts"
import type { Reading } from "./conversation.ts"
import type { CopyPayload, FoldPayload, LogPayload } from "./log-payloads.ts"
import { type Address, positionOf } from "./position.ts"

export interface ReadBack {
  /** What was met, from the end backwards. A fold stands for its log, which is read from its own end to its own marker. */
  readonly steps: readonly (Reading | FoldPayload)[]
  /** The marker, or a message of the reader's own, was met: everything before it is read. */
  readonly over: boolean
  /** How many of the entries were looked at, from the end. */
  readonly looked: number
}

/**
 * Walks back from the end of the log to the reader's marker, or to a message of their own: everything before that is
 * read.
 *
 * @param entries the end of the log, oldest first
 * @param marker up to where the reader has read this log
 * @param again logs whose own reading is wanted, so that no checkpoint may stand for it
 */
export function readBack(
  entries: readonly (Address & { readonly payload: LogPayload })[],
  log: string,
  marker: string | undefined,
  reader: "user" | "business",
  again: ReadonlySet<string> = NONE,
): ReadBack {
  const steps: (Reading | FoldPayload)[] = []
  let looked = 0
  for (const entry of entries.toReversed()) {
    looked += 1
    const position = positionOf(log, entry)
    if (marker !== undefined && position <= marker) break
    const { payload } = entry
    const known = payload.kind === "fold" ? checkpointOf(payload, marker, reader, again) : undefined
    const step = known ?? stepOf(payload, position, reader)
    if (step) steps.push(step)
    // A checkpoint, and a message of the reader's own, stand for everything before them.
    if (known || (step && "readTo" in step)) return { steps, over: true, looked }
  }
  const [first] = entries
  const reached = marker !== undefined && first !== undefined && positionOf(log, first) <= marker
  if (!reached) return { steps, over: false, looked }
  return { steps: [...steps, { unread: 0, readTo: marker }], over: true, looked }
}

/** The reading that a fold's entry holds of everything before it, if it holds for this reader as they are now. */
function checkpointOf(
  { checkpoint }: FoldPayload,
  marker: string | undefined,
  reader: "user" | "business",
  again: ReadonlySet<string>,
): Reading | undefined {
  const known = checkpoint?.[reader]
  if (!known || known.marker !== marker || checkpoint?.logs.some((log) => again.has(log))) return undefined
  return known
}

/** What an entry says of the reading; `undefined`: nothing, because it is a copy or is not shown to the reader. */
function stepOf(
  payload: LogPayload,
  position: string,
  reader: "user" | "business",
): Reading | FoldPayload | undefined {
  if (payload.kind === "copy") return undefined
  if (payload.kind === "fold") return payload
  const { author, internal } = payload
  if (reader === "business" && isHubs(author)) return undefined
  if ((author.type === "user") === (reader === "user")) return { unread: 0, readTo: position }
  return reader === "user" && internal ? undefined : { unread: 1, firstUnread: position }
}

const NONE: ReadonlySet<string> = new Set()

export type CopyEntry = Address & { readonly payload: CopyPayload }

export const isCopy = <E extends Address & { readonly payload: LogPayload }>(
  entry: E,
): entry is E & CopyEntry => entry.payload.kind === "copy"

const positionOfCopy = ({ at, payload }: CopyEntry): string => positionOf(payload.log, { at, n: payload.n })

/** The same in a log of copies, where each entry says whether it is unread. */
export function readBackCopies(
  entries: readonly CopyEntry[],
  marker: string | undefined,
  reader: "user" | "business",
): { readonly steps: readonly Reading[]; readonly over: boolean } {
  const steps: Reading[] = []
  for (const entry of entries.toReversed()) {
    const position = positionOfCopy(entry)
    if (marker !== undefined && position <= marker)
      return { steps: [...steps, { unread: 0, readTo: marker }], over: true }
    const reading = entry.payload[reader]
    if (reading === "unread") steps.push({ unread: 1, firstUnread: position })
    if (reading === "read") steps.push({ unread: 0, readTo: position })
  }
  return { steps, over: false }
}

/** Whether the default responder sent it: that does not mean that an agent has read anything. */
const isHubs = ({ type, id }: Author): boolean => type === "bot" && id === undefined
