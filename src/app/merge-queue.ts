/**
 * On one node the merges into one user take turns, because side by side their commits would conflict again and again. Those
 * that waited are merged together (docs/architecture.md 4).
 */
import type { Millis } from "../protocol/branded.ts"
import { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import type { MergeRequest, MergeUsers, PrefetchedMerge } from "./merge-request.ts"
import { mergeTogether } from "./merge-together.ts"
import { mergeNow } from "./merge-users.ts"

/**
 * Merges the discarded user into the survivor; both may be named by any id they ever had. A merge of a user
 * with themselves does nothing. Resolves when everything is done, by this node or another.
 *
 * @param reads what the caller has read of both; after a merge it holds nothing that was read before
 * @returns whether this call merged them. `false`: they were one user already, or the visitor of a login has signed in
 * meanwhile, and a login never merges two identified users [4.2]
 */
export function mergeUsers(
  app: App,
  users: MergeUsers,
  now: Millis,
  reads = new ReadSet(),
): Promise<boolean> {
  return inTurn(app, { ...users, now, reads })
}

/** One that is not waited for to its end. */
export interface MergeBegun {
  /** Whether they are one: from then on the survivor has everything. */
  readonly imported: Promise<boolean>
  /** As `mergeUsers` resolves. */
  readonly done: Promise<boolean>
}

/** The same for a caller who goes on as the survivor while the discarded user is still to be forwarded. */
export function beginMerge(
  app: App,
  users: MergeUsers,
  now: Millis,
  reads: ReadSet,
  prefetched?: PrefetchedMerge,
): MergeBegun {
  let done: Promise<boolean> | undefined
  const imported = new Promise<boolean>((resolve, reject) => {
    done = inTurn(app, { ...users, now, reads, prefetched, onImported: () => resolve(true) })
    done.then(resolve, reject)
  })
  return { imported, done: done ?? imported }
}

const inTurn = (app: App, request: MergeRequest): Promise<boolean> =>
  app.merges.run(request.survivingId, request, (requests, waited) => mergeInTurn(app, requests, waited))

/** Tries to merge the remaining ones together. After the first of them was merged alone, the others may go together. */
const MAX_TOGETHER = 2

async function mergeInTurn(
  app: App,
  requests: readonly [MergeRequest, ...MergeRequest[]],
  waited: boolean,
): Promise<readonly Promise<boolean>[]> {
  const [{ survivingId }] = requests
  const compacting = app.compactions.get(survivingId)
  await compacting
  const late = waited || compacting !== undefined
  if (late) for (const { reads } of requests) reads.clear()
  const results = new Map<MergeRequest, Promise<boolean>>()
  const left = () => requests.filter((request) => !results.has(request))
  for (let tries = 1; ; tries += 1) {
    if (tries <= MAX_TOGETHER && left().length > 1)
      for (const [request, result] of await mergeTogether(app, survivingId, left()))
        results.set(request, result)
    const [first] = left()
    if (!first) return requests.flatMap((request) => results.get(request) ?? [])
    // The next one does not wait until this one is forwarded. A failure is reported by the result itself.
    await new Promise<void>((resolve) => {
      const onImported = (): void => {
        first.onImported?.()
        resolve()
      }
      const result = mergeNow(app, { ...first, onImported, ...(late && { prefetched: undefined }) })
      results.set(first, result)
      result.then(
        () => resolve(),
        () => resolve(),
      )
    })
  }
}
