/**
 * Counts of unread messages in histories that are long, or whose messages are, as this node made them last: the next count
 * begins where that one ended. A count follows from the log, its markers and its segments alone. If any of these has changed
 * it is ignored, so no other node has to announce anything.
 */
import type { Reading } from "../domain/conversation.ts"
import type { Address } from "../domain/position.ts"
import type { ConversationRecord, MarkersRecord } from "../domain/records.ts"
import type { MessageEntry } from "../repository/log-entries.ts"

/** What one side has not read of a history, counted up to an entry of the current log. */
export interface KnownReading {
  readonly upTo: Address & { readonly id: string | undefined }
  readonly reading: Reading
  /**
   * What the count rested on, by log, the current one among them. `undefined` for a folded log that the record did not
   * name: it was compacted, or the record was older than the log's end.
   */
  readonly seen: ReadonlyMap<string, string | undefined>
  /** More than one page was read, so what came since is asked for beside the log's end. */
  readonly far: boolean
}

interface Counted extends Pick<KnownReading, "reading" | "far"> {
  /** Of the current log. */
  readonly newest: MessageEntry
  /** Folded logs that were met, and the current one. */
  readonly logs: Iterable<string>
}

type Side = keyof MarkersRecord
/** A count, or (`roughly`) only how far the side has read: that is kept apart, because the number in it is not exact. */
type Kept = Side | `${Side} roughly`
/** What a user has not read is always counted. */
const COUNTED: readonly Kept[] = ["user", "business", "business roughly"]

const MAX_KNOWN = 4_000

export class KnownReadings {
  readonly #known = new Map<string, KnownReading>()

  /** `undefined`: nothing is known, or not of the history as it is now. */
  find(record: ConversationRecord, markers: MarkersRecord, side: Kept): KnownReading | undefined {
    const known = this.#known.get(nameOf(record, side))
    if (!known) return undefined
    const same = [...known.seen].every(([log, before]) => seenNow(record, markers, side, log) === before)
    return same ? known : undefined
  }

  /** Up to where a long history was counted last, for either side, whether that still holds or not. */
  lastCounted(record: ConversationRecord): Address | undefined {
    let last: Address | undefined
    for (const side of COUNTED) {
      const known = this.#known.get(nameOf(record, side))
      if (known?.far && known.upTo.n > (last?.n ?? 0)) last = known.upTo
    }
    return last
  }

  keep(
    record: ConversationRecord,
    markers: MarkersRecord,
    side: Kept,
    { newest, reading, far, logs }: Counted,
  ): void {
    const seen = new Map([...logs].map((log) => [log, seenNow(record, markers, side, log)]))
    const name = nameOf(record, side)
    this.#known.delete(name)
    this.#known.set(name, { upTo: named(newest), reading, far, seen })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest)
  }
}

/**
 * Whether this is the entry up to which was counted. A store that lost its tail may have another one under the same
 * number.
 */
export const isUpTo = ({ upTo }: KnownReading, entry: MessageEntry): boolean =>
  entry.n === upTo.n && entry.at === upTo.at && named(entry).id === upTo.id

const named = ({ at, n, payload }: MessageEntry): KnownReading["upTo"] => ({
  at,
  n,
  id: payload.kind === "message" ? payload.id : undefined,
})

const nameOf = ({ log }: ConversationRecord, side: Kept): string => `${side} ${log}`

/** Of a log: the side's marker, the number of its last entry (the current log has no end), and how much is left out. */
function seenNow(
  record: ConversationRecord,
  markers: MarkersRecord,
  side: Kept,
  log: string,
): string | undefined {
  const marker = markers[side.startsWith("user") ? "user" : "business"][log]
  const segment = log === record.log ? undefined : record.segments.find((one) => one.log === log)
  if (log !== record.log && !segment) return undefined
  const { leftOut } = segment ?? record
  return [marker, segment?.last.n, leftOut?.length ?? 0].join()
}
