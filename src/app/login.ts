/** A login: from the user of the socket and the claims of a token to the user afterwards (docs/protocol.md 4.2). */

import { randomUUID } from "node:crypto"
import { isConsumed, isRevoked, retireVisitor, updateClaims } from "../domain/identity.ts"
import type { UserRecord } from "../domain/records.ts"
import type { Claims } from "../domain/user.ts"
import { newId } from "../lib/ids.ts"
import type { ExternalId, Millis, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { Outcome } from "../protocol/handshake.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decision, transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { holderOf, reserveVerifiedEmail, upgrade } from "./directory.ts"
import { prefetchLogin, prefetchMerge, prefetchMovable } from "./login-prefetch.ts"
import { beginMerge } from "./merge-queue.ts"
import { finishMerge, resolveUser } from "./merge-users.ts"
import type { Presenter, Proof } from "./presenter.ts"
import type { ResolvedUser } from "./user-data.ts"

export interface Login {
  readonly outcome: Outcome
  readonly person: { readonly record: UserRecord }
  /** The visitor who was merged is forwarded: only then the login may be answered. */
  readonly forwarded: Promise<void>
}

/** What the steps of a login come to. */
type DecidedLogin = Omit<Login, "forwarded">

/**
 * [P4] A failed login changes nothing: everything that can refuse comes first.
 *
 * Resolves when the survivor of a merge has everything. Until `forwarded` resolves, the caller may read as that user.
 *
 * @param onSurvivor is told into whom the visitor is going to be merged
 * @throws HubError `token_revoked`, `email_conflict`
 */
export async function login(
  app: App,
  presenter: Presenter,
  proof: Proof,
  now: Millis,
  onSurvivor: (userId: UserId) => void = () => undefined,
): Promise<Login> {
  const reads = new ReadSet()
  const movable = prefetchMovable(app, presenter, reads)
  await prefetchLogin(app, presenter, proof.claims, reads)
  const prefetched = await prefetchMerge(app, presenter, proof.claims, reads, movable)
  const known = await holderOf(app, proof.claims.externalId, now, reads, proof.claims)
  if (known && isRevoked(known.record, proof.issuedAt)) throw new HubError("token_revoked")
  const claims = await reserveVerifiedEmail(app, proof.claims, now, reads)
  let forwarded: Promise<void> = Promise.resolve()
  const merge = async (discardedId: UserId, survivingId: UserId): Promise<boolean> => {
    onSurvivor(survivingId)
    const users = { discardedId, survivingId, reason: proof.reason }
    const { imported, done } = beginMerge(app, users, now, reads, prefetched)
    if (!(await imported)) return false
    forwarded = done.then(demandMerged)
    // A failure is thrown to the caller, who awaits `forwarded`.
    forwarded.catch(() => undefined)
    return true
  }
  const steps = loginSteps(app, presenter, { ...proof, claims }, now, merge)
  const decided = await transact(app, "login", steps, reads)
  return { ...decided, forwarded }
}

/** A user who was thawed, because their import was lost, is a visitor again: the login has to be repeated. */
function demandMerged(merged: boolean): void {
  if (!merged) throw new HubError("unavailable")
}

/** The table of outcomes [4.2], one commit after another; where another login was faster, its result is loaded again. */
function loginSteps(
  app: App,
  presenter: Presenter,
  { claims }: Proof,
  now: Millis,
  merge: (discardedId: UserId, survivingId: UserId) => Promise<boolean>,
): (reads: ReadSet) => Promise<Decision<DecidedLogin>> {
  /**
   * The outcome of what this login has committed already: from then on the visitor is consumed, and the outcome would
   * be another.
   */
  let done: Outcome | undefined
  const doneWith = (outcome: Outcome) => (): typeof AGAIN => {
    done = outcome
    return AGAIN
  }
  let merged: UserId | undefined
  const afterMerge = async (reads: ReadSet): Promise<Decision<DecidedLogin> | undefined> => {
    const into = merged === undefined ? undefined : await resolveUser(app, merged, reads)
    return into?.record.externalId === claims.externalId && done !== undefined
      ? withClaims(into, claims, done)
      : undefined
  }
  return async (reads) => {
    const after = await afterMerge(reads)
    if (after) return after
    const holder = await holderOf(app, claims.externalId, now, reads, claims)
    if (holder && done !== undefined) return withClaims(holder, claims, done)
    const visitor = await visitorOf(app, presenter, claims.externalId, reads)
    if (visitor === AGAIN) return AGAIN
    if (!holder) {
      // A new user is created in the partition where the directory keeps their external id, so that one commit makes
      // both.
      const userId = visitor?.id ?? newId("usr", app.directorySlot(claims.externalId).partition.index)
      const outcome = visitor ? "upgraded" : outcomeWithout(presenter, undefined, claims)
      return upgrade(app, userId, claims, now, reads, {
        half: doneWith(outcome),
        whole: (record) => ({ outcome, person: { record } }),
      })
    }
    if (!visitor) return withClaims(holder, claims, outcomeWithout(presenter, holder, claims))
    const home = app.homePartition(visitor.id)
    if (!visitor.value && home) {
      const changeSet = retireVisitor(
        visitor,
        { userId: visitor.id, into: holder.record.id, mergeId: randomUUID() },
        now,
      )
      return { partition: home, changeSet, committed: doneWith("signed_in") }
    }
    // `mergeUsers` empties `reads` but for the survivor, so from here on `afterMerge` finds the person by this id.
    merged = holder.record.id
    if (!(await merge(visitor.id, merged))) return AGAIN
    done = visitor.value?.defaultConversation === undefined ? "signed_in" : "merged"
    return (await afterMerge(reads)) ?? AGAIN
  }
}

/**
 * The visitor who presents the token; `undefined` where there is none, or another tab of their session signed in first. A
 * socket that was signed in with this external id may be a visitor's again, if a fail-over took the sign-in [P3].
 */
async function visitorOf(app: App, presenter: Presenter, externalId: ExternalId, reads: ReadSet) {
  if (presenter.kind === "nobody") return undefined
  if (presenter.kind === "identified" && presenter.externalId !== externalId) return undefined
  const home = app.homePartition(presenter.userId)
  if (!home) throw new HubError("session_invalid")
  const visitor = await reads.get(home, "user", presenter.userId)
  if (visitor.value?.mergeState?.kind === "merging") {
    await finishMerge(app, presenter.userId)
    return AGAIN
  }
  if (presenter.kind === "identified" && !visitor.value) return undefined
  return visitor.value && isConsumed(visitor.value) ? undefined : visitor
}

function outcomeWithout(presenter: Presenter, holder: ResolvedUser | undefined, claims: Claims): Outcome {
  if (presenter.kind !== "identified") return "signed_in"
  const same = presenter.externalId === claims.externalId || holder?.record.id === presenter.userId
  return same ? "refreshed" : "switched"
}

/** The token's claims are written to the profile, where they change it. */
function withClaims(holder: ResolvedUser, claims: Claims, outcome: Outcome): Decision<DecidedLogin> {
  const { partition, versioned, record } = holder
  const news = updateClaims(versioned, record, claims)
  if (!news) return { answer: { outcome, person: { record } } }
  const person = { record: news.user }
  return { partition, changeSet: news.changeSet, committed: () => ({ outcome, person }) }
}
