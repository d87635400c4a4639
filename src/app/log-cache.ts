/**
 * Reads each part of a log once while a conversation is shown: its page and both sides' unread counts begin at the ends of
 * the same logs.
 */
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { Range } from "../store/contract.ts"

export type MessageLogs = Pick<Partition, "messages">

/** Gives a partition's message logs, with repeated reads of the same range answered from memory. */
export type LogCache = (partition: Partition) => MessageLogs

/** Entries read of a log in one call: longer pages are read in parts, because they may not fit into a frame. */
export const READ_ENTRIES = 54

export function newLogCache(): LogCache {
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
