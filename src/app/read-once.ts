/**
 * One look at a conversation asks for a page of it, and for what either side has not read: all of them begin at the ends of
 * the same logs, which are read once.
 */
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { Range } from "../store/contract.ts"

export type MessageLogs = Pick<Partition, "messages">

/** Each log of a partition, as this look sees it. */
export type Look = (partition: Partition) => MessageLogs

/** Entries read of a log at once at most: a page that no frame could hold is not read as a whole. */
export const READ_ENTRIES = 54

export function readOnce(): Look {
  const known = new Map<string, Promise<MessageEntry[]>>()
  return (partition) => ({
    messages(log: string, range: Range) {
      const { before, after, limit } = range
      const name = [partition.index, log, before?.at, before?.n, after?.at, after?.n, limit].join(" ")
      const entries = known.get(name) ?? partition.messages(log, range)
      known.set(name, entries)
      return entries
    },
  })
}
