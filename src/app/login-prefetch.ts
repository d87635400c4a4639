/** What a login is going to read, asked for at once: far from the store each wait counts. */
import type { Versioned } from "../domain/change-set.ts"
import type { Claims } from "../domain/user.ts"
import { type Partition, ref } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { emailName } from "./directory.ts"
import type { PrefetchedMerge, PrefetchedMovable } from "./merge-request.ts"
import type { Presenter } from "./presenter.ts"
import { loadMovable, prefetchTarget } from "./user-data.ts"

/** Mostly a visitor is as this node saw them last: what they have is asked for beside their record. */
export function prefetchMovable(
  app: App,
  presenter: Presenter,
  reads: ReadSet,
): PrefetchedMovable | undefined {
  const home = presenter.kind === "anonymous" ? app.homePartition(presenter.userId) : undefined
  const seen = presenter.kind === "anonymous" ? home?.seen.get(ref("user", presenter.userId)) : undefined
  return home && seen && movableOf(app, home, seen, reads)
}

/** It is asked for at once. `undefined`: they were merged already, or wrote nothing. */
function movableOf(
  app: App,
  partition: Partition,
  versioned: Versioned<"user">,
  reads: ReadSet,
): PrefetchedMovable | undefined {
  const { version, value: record } = versioned
  if (!record || record.mergeState) return undefined
  const loaded = loadMovable(app, { partition, versioned, record }, reads)
  // A failure is thrown to the merge, which awaits it.
  loaded.catch(() => undefined)
  return { version, loaded }
}

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
 * @param guess what the visitor had when this node saw them last
 * @returns `undefined` where they are not going to be merged, as far as `reads` knows
 */
export async function prefetchMerge(
  app: App,
  presenter: Presenter,
  { externalId }: Claims,
  reads: ReadSet,
  guess: PrefetchedMovable | undefined,
): Promise<PrefetchedMerge | undefined> {
  if (presenter.kind !== "anonymous") return undefined
  const { partition, id } = app.directorySlot(externalId)
  const holderId = reads.known(partition, ref("directory", id))?.value?.userId
  const home = app.homePartition(presenter.userId)
  const visitor = home && reads.known(home, ref("user", presenter.userId))
  const into = holderId === undefined ? undefined : app.homePartition(holderId)
  if (holderId === undefined || !home || !visitor || !into) return undefined
  const movable = guess?.version === visitor.version ? guess : movableOf(app, home, visitor, reads)
  if (!movable) return undefined
  const seen = into.seen.get(ref("user", holderId))?.value?.defaultConversation
  const conversation = seen === undefined ? [] : [ref("conversation", seen), ref("markers", seen)]
  const loading = reads.load(into, ref("user", holderId), ref("imported", presenter.userId), ...conversation)
  // Behind the records, so that what they name is not read from a time before them.
  const target = prefetchTarget(app, into, holderId)
  await loading
  return { movable, target }
}
