/**
 * Merges several users into one survivor in one commit: many visitors sign in as one person at the same time. They are read
 * side by side. A user who keeps writing, has very many conversations or was merged meanwhile is left out, and merged alone
 * by the usual procedure [P3].
 */

import { randomUUID } from "node:crypto"
import { forward } from "../domain/forward.ts"
import { freeze } from "../domain/merge-state.ts"
import type { UserId } from "../protocol/branded.ts"
import { ReadSet } from "../repository/read-set.ts"
import { transact } from "../repository/transact.ts"
import { afterFold } from "./after-fold.ts"
import type { App } from "./app.ts"
import { isBusy } from "./busy-conversation.ts"
import { importTargetAt } from "./import-target.ts"
import {
  type Candidate,
  commandOf,
  decideTogether,
  loadCandidates,
  type Seen,
  type Together,
} from "./merge-crowd.ts"
import type { MergeRequest } from "./merge-request.ts"
import { finishMerge, rememberMerge } from "./merge-users.ts"
import { isFault } from "./showable.ts"
import { isExact } from "./tell-again.ts"
import { movesBadges, tellBadges } from "./tell-badges.ts"
import type { ResolvedUser } from "./user-data.ts"

/** Tries to merge them together, because something may change meanwhile; then each is merged alone. */
const MAX_TRIES = 5
type Results = ReadonlyMap<MergeRequest, Promise<boolean>>
const NONE_MERGED: Results = new Map()

/** @returns what became of those who were merged; the others are to be merged alone */
export async function mergeTogether(
  app: App,
  survivingId: UserId,
  requests: readonly MergeRequest[],
): Promise<Results> {
  const mergeIds = new Map(requests.map((request) => [request, randomUUID()]))
  const together = { app, survivingId, requests, mergeIds, frozen: new Set<MergeRequest>() }
  let frozen: ReadonlySet<MergeRequest> = together.frozen
  let merged: Merged | undefined
  try {
    const reads = new ReadSet()
    const seen = await loadCandidates(together, reads)
    if (!seen) return NONE_MERGED
    frozen = await freezeAway(together, seen)
    const home = { ...together, frozen, requests: seen.candidates.map(({ request }) => request) }
    merged = await commitTogether(home, frozen.size === 0 ? seen : undefined, reads)
  } catch (error) {
    // A fault of one user must not fail the others: each is merged alone, and the caller of the faulty one is told.
    if (!isFault(error)) throw error
  }
  return resultsOf(app, merged, frozen)
}

/** The users that one commit imported, and their survivor. */
interface Merged {
  readonly survivor: ResolvedUser
  readonly candidates: readonly Candidate[]
}

/** Imported users are forwarded side by side. A user who was frozen but not imported is merged alone. */
async function resultsOf(
  app: App,
  merged: Merged | undefined,
  frozen: ReadonlySet<MergeRequest>,
): Promise<Results> {
  const results = new Map<MergeRequest, Promise<boolean>>()
  for (const one of merged?.candidates ?? [])
    results.set(
      one.request,
      merged && frozen.has(one.request) ? forwardAway(app, one, merged.survivor) : DONE,
    )
  for (const request of frozen) {
    if (results.has(request)) continue
    const result = finishMerge(app, request.discardedId)
    results.set(request, result)
    // A failure is reported by the result itself.
    await result.catch(() => false)
  }
  return results
}

const DONE = Promise.resolve(true)

/** Forwards a user as they were imported. If they have changed since, the merge is finished as any other caller would. */
async function forwardAway(app: App, one: Candidate, survivor: ResolvedUser): Promise<boolean> {
  const { userData } = one
  const { into, outcomes } = importTargetAt(userData, survivor.record.id, survivor.partition)
  const partition = app.partition(userData.partition)
  const changeSet = forward(userData, into, outcomes, commandOf(app, one, true))
  const { reason } = one.request
  const committed = () => {
    rememberMerge(app, { discardedId: userData.record.id, survivingId: into.userId, reason })
    return true
  }
  const done = await transact(app, "user:merge:forward", (_, tries) =>
    tries > 1 ? { answer: false } : { partition, changeSet, committed },
  )
  return done || finishMerge(app, userData.record.id)
}

/**
 * Freezes the users from other partitions. The import is decided and encoded once before, so that no user is frozen in
 * vain.
 */
async function freezeAway({ app }: Together, seen: Seen): Promise<ReadonlySet<MergeRequest>> {
  const { survivor, candidates } = seen
  const away = candidates.filter(({ userData }) => userData.partition !== survivor.partition.index)
  if (away.length === 0) return new Set()
  survivor.partition.check((await decideTogether(app, seen, true)).changeSet)
  const frozen = await Promise.all(
    away.map(async (one) => {
      const { partition, user, record } = one.userData
      const done = await transact(app, "user:merge:freeze", (_, tries) => {
        if (tries > 1) return { answer: false }
        const changeSet = freeze(user, record, survivor.record.id, commandOf(app, one, true))
        return { partition: app.partition(partition), changeSet, committed: () => true }
      })
      return done ? [one.request] : []
    }),
  )
  return new Set(frozen.flat())
}

function commitTogether(
  together: Together,
  first: Seen | undefined,
  known: ReadSet,
): Promise<Merged | undefined> {
  const { app, frozen } = together
  return transact<Merged | undefined>(
    app,
    "user:merge:together",
    async (reads, tries) => {
      const seen =
        tries === 1 && first ? first : tries <= MAX_TRIES && (await loadCandidates(together, reads))
      if (!seen) return { answer: undefined }
      const { survivor } = seen
      // Each further try would conflict alike: who said what the survivor has said as well is merged alone (`held-sends.ts`).
      if (reads.otherAnswers(survivor.partition).size > 0) return { answer: undefined }
      const isHere = ({ request, userData }: Candidate) =>
        userData.partition === survivor.partition.index || frozen.has(request)
      const candidates = seen.candidates.filter(isHere)
      if (candidates.length === 0) return { answer: undefined }
      const exact = isExact(tries) && !(seen.target.state && isBusy(app, seen.target.state))
      const merged = await decideTogether(app, { ...seen, candidates }, exact)
      return {
        partition: survivor.partition,
        changeSet: merged.changeSet,
        committed() {
          afterFold(app, merged.updated, exact)
          if (movesBadges(merged.survivor, 0)) tellBadges(app, merged.survivor.id)
          for (const { request, userData } of candidates) {
            if (frozen.has(request)) continue
            const users = { discardedId: userData.record.id, survivingId: survivor.record.id }
            rememberMerge(app, { ...users, reason: request.reason })
          }
          return { survivor, candidates }
        },
      }
    },
    first ? known : new ReadSet(),
  )
}
