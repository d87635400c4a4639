/** Far from the store each wait counts: what is mostly read next of a conversation is asked for at once. */
import type { ConversationRecord } from "../domain/records.ts"
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { type LogCache, READ_ENTRIES, UNREAD_STRIDE_ENTRIES } from "./log-cache.ts"

/** The latest of the histories that were folded in: more of them are seldom read. */
const MAX_FOLDED = 2

/**
 * @param limit entries of the log that is written
 * @param cache keeps what is read for the functions that ask for it next
 * @returns the end of the log that is written
 */
export function prefetchLogEnds(
  app: App,
  { partition, record }: { readonly partition: Partition; readonly record: ConversationRecord },
  limit: number,
  cache: LogCache,
): Promise<MessageEntry[]> {
  const written = cache(partition).messages(record.log, { limit })
  const counted = app.readings.lastCounted(record)
  if (counted) {
    // From the entry itself on: a count goes on from it only where it meets it again.
    const range = { after: { at: counted.at, n: counted.n - 1 }, limit: UNREAD_STRIDE_ENTRIES }
    // A failure is thrown to the function that asks the cache for it.
    cache(partition)
      .messages(record.log, range)
      .catch(() => undefined)
  }
  const latest = record.segments.toSorted((a, b) => b.last.at - a.last.at).slice(0, MAX_FOLDED)
  for (const { log, partition: at, last } of latest) {
    const range = { before: { at: last.at, n: last.n + 1 }, limit: READ_ENTRIES }
    // A failure is thrown to the function that asks the cache for it.
    cache(app.partition(at))
      .messages(log, range)
      .catch(() => undefined)
  }
  return written
}
