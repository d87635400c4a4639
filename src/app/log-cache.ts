/**
 * Reads each part of a log once while a conversation is shown: its page and both sides' unread counts begin at the ends of
 * the same logs.
 */
import type { MessageEntry } from "../repository/log-entries.ts"
import type { Partition } from "../repository/partition.ts"
import type { Range } from "../store/contract.ts"

export type MessageLogs = Pick<Partition, "messages">

/** Gives a partition's message logs, with what was read of them before answered from memory. */
export type LogCache = (partition: Partition) => MessageLogs

/** Entries read of a log in one call: longer pages are read in parts, because they may not fit into a frame. */
export const READ_ENTRIES = 54

/** Entries read in one call where many are unread. */
export const UNREAD_STRIDE_ENTRIES = 1_000

export function newLogCache(): LogCache {
  const known = new Map<string, Known>()
  /** By log: all that came after an entry, where that was asked for. */
  const newer = new Map<string, Known>()
  return (partition) => ({
    messages(log: string, range: Range) {
      const { before, after, limit } = range
      const where = `${partition.index} ${log}`
      const name = [where, before?.at, before?.n, after?.at, after?.n].join(" ")
      const same = known.get(name)
      if (same && same.limit === limit) return same.entries
      if (same && same.limit > limit)
        return same.entries.then((all) => (after ? all.slice(0, limit) : all.slice(-limit)))
      const read = (): Promise<MessageEntry[]> => partition.messages(log, range)
      const since = newer.get(where)
      const entries = before && since ? among(since, before.n, limit, read) : read()
      known.set(name, { limit, entries })
      if (after) newer.set(where, { limit, entries })
      return entries
    },
  })
}

interface Known {
  readonly limit: number
  readonly entries: Promise<MessageEntry[]>
}

/** So many entries before a number, from among the latest of the log if they are all there. */
async function among(
  latest: Known,
  before: number,
  limit: number,
  read: () => Promise<MessageEntry[]>,
): Promise<MessageEntry[]> {
  const entries = await latest.entries
  const [oldest] = entries
  const from = before - limit - (oldest?.n ?? 0)
  // An entry's number is that of the one before it and one [S6].
  return entries.length < latest.limit && from >= 0 ? entries.slice(from, from + limit) : read()
}
