/** Loads the records of a whole page into its read set, with one call for each partition and step. */
import type { Kind } from "../domain/records.ts"
import { ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { isFault } from "./showable.ts"

/**
 * Loads each record from its home partition. If one of them cannot be decoded, the call loads nothing, and the records are
 * loaded one by one when they are needed, so that only the row of that one fails.
 */
export async function preload(app: App, kind: Kind, ids: readonly string[], reads: ReadSet): Promise<void> {
  const distinct = [...new Set(ids)]
  await Promise.all(
    app.partitions.map(async (partition) => {
      const here = distinct.filter((id) => app.homePartition(id) === partition)
      if (here.length === 0) return
      await reads.load(partition, ...here.map((id) => ref(kind, id))).catch((error: unknown) => {
        if (!isFault(error)) throw error
      })
    }),
  )
}

/** The tickets' pointers, then the conversations that these name, then those that the conversations were folded into. */
export async function preloadTickets(app: App, ids: readonly string[], reads: ReadSet): Promise<void> {
  await preload(app, "ticket", ids, reads)
  const named = ids.flatMap((id) => known(app, "ticket", id, reads)?.conversationId ?? [])
  await preload(app, "conversation", named, reads)
  const folded = named.flatMap((id) => {
    const to = known(app, "conversation", id, reads)?.forwardedTo
    return to && app.homePartition(to.into)?.index === to.partition ? [to.into] : []
  })
  if (folded.length > 0) await preload(app, "conversation", folded, reads)
}

function known<K extends Kind>(app: App, kind: K, id: string, reads: ReadSet) {
  const home = app.homePartition(id)
  return home && reads.known(home, ref(kind, id))?.value
}
