/** What a login is going to read, asked for at once: far from the store each wait counts. */
import type { Claims } from "../domain/user.ts"
import { ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { emailName } from "./directory.ts"
import type { PrefetchedMovable } from "./merge-request.ts"
import type { Presenter } from "./presenter.ts"
import { loadMovable } from "./user-data.ts"

/** Loads what every login reads, in one call for each partition. */
export async function prefetchLogin(
  app: App,
  presenter: Presenter,
  { externalId, email, emailVerified }: Claims,
  reads: ReadSet,
): Promise<void> {
  const slot = app.directorySlot(externalId)
  const mail = email !== undefined && emailVerified ? app.directorySlot(emailName(email)) : undefined
  const home = presenter.kind === "nobody" ? undefined : app.homePartition(presenter.userId)
  await Promise.all(
    app.partitions.map((partition) => {
      const refs = [
        ...(partition === slot.partition ? [ref("directory", slot.id)] : []),
        ...(partition === mail?.partition ? [ref("email", mail.id)] : []),
        ...(partition === home && presenter.kind !== "nobody" ? [ref("user", presenter.userId)] : []),
      ]
      return refs.length > 0 ? reads.load(partition, ...refs) : undefined
    }),
  )
}

/**
 * Where the visitor is going to be merged, what both have is asked for in the call that looks for the holder. What the
 * holder has is asked for as far as this node has seen it.
 *
 * @returns what the visitor has; `undefined` where they are not going to be merged, as far as `reads` knows
 */
export async function prefetchMerge(
  app: App,
  presenter: Presenter,
  { externalId }: Claims,
  reads: ReadSet,
): Promise<PrefetchedMovable | undefined> {
  if (presenter.kind !== "anonymous") return undefined
  const { partition, id } = app.directorySlot(externalId)
  const holderId = reads.known(partition, ref("directory", id))?.value?.userId
  const home = app.homePartition(presenter.userId)
  const visitor = home && reads.known(home, ref("user", presenter.userId))
  const into = holderId === undefined ? undefined : app.homePartition(holderId)
  if (holderId === undefined || !home || !visitor?.value || visitor.value.mergeState || !into)
    return undefined
  const loaded = loadMovable(app, { partition: home, versioned: visitor, record: visitor.value }, reads)
  // A failure is thrown to the merge, which awaits it.
  loaded.catch(() => undefined)
  const seen = into.seen.get(ref("user", holderId))?.value?.defaultConversation
  const conversation = seen === undefined ? [] : [ref("conversation", seen), ref("markers", seen)]
  await reads.load(into, ref("user", holderId), ref("imported", presenter.userId), ...conversation)
  return { version: visitor.version, loaded }
}
