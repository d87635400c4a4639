/** Far from the store each wait counts: what a look at a conversation mostly goes on to read is asked for at once. */
import type { ConversationRecord } from "../domain/records.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { type Look, READ_ENTRIES } from "./read-once.ts"

/** So many of the histories that were folded in, the latest: few looks go on to more of them. */
const MAX_FOLDED = 2

/**
 * @param limit entries of the log that is written
 * @param look is asked for the same by those who come to need it
 * @returns the end of the log that is written
 */
export function lookAtEnds(
  app: App,
  { partition, record }: { readonly partition: Partition; readonly record: ConversationRecord },
  limit: number,
  look: Look,
): Promise<MessageEntry[]> {
  const written = look(partition).messages(record.log, { limit })
  const latest = record.segments.toSorted((a, b) => b.last.at - a.last.at).slice(0, MAX_FOLDED)
  for (const { log, partition: at, last } of latest) {
    const range = { before: { at: last.at, n: last.n + 1 }, limit: READ_ENTRIES }
    // Its readers await it, and are told of a failure.
    look(app.partition(at))
      .messages(log, range)
      .catch(() => undefined)
  }
  return written
}
