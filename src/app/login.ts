/** A login: from the user of the socket and the claims of a token to the user afterwards (docs/protocol.md 4.2). */

import { randomUUID } from "node:crypto"
import { isConsumed, isRevoked, retireVisitor, updateClaims } from "../domain/identity.ts"
import type { UserRecord } from "../domain/records.ts"
import type { Claims } from "../domain/user.ts"
import { newId } from "../lib/ids.ts"
import type { ExternalId, Millis, Seconds, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { Outcome } from "../protocol/handshake.ts"
import { ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decision, transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { emailName, holderOf, reserveVerifiedEmail, upgrade } from "./directory.ts"
import { beginMerge } from "./merge-queue.ts"
import type { MovableAhead } from "./merge-request.ts"
import { finishMerge, resolveUser } from "./merge-users.ts"
import { loadMovable, type ResolvedUser } from "./user-data.ts"

/** Who presents the token: a socket without a user, a visitor (also a parked one), or a signed-in user. */
export type Presenter =
  | { readonly kind: "nobody" }
  | { readonly kind: "anonymous"; readonly userId: UserId }
  | { readonly kind: "identified"; readonly userId: UserId; readonly externalId: ExternalId }

/** A verified token: what it claims and when it was issued (Unix seconds). */
export interface Proof {
  readonly claims: Claims
  readonly issuedAt: Seconds | undefined
  readonly reason: MergeReason
}

export interface Login {
  readonly outcome: Outcome
  readonly person: { readonly record: UserRecord }
}

/**
 * [P4] A failed login changes nothing: everything that can refuse comes first.
 *
 * @throws HubError `token_revoked`, `email_conflict`
 */
export async function login(app: App, presenter: Presenter, proof: Proof, now: Millis): Promise<Login> {
  const { settled, ...done } = await beginLogin(app, presenter, proof, now)
  await settled
  return done
}

/** What is decided, while the visitor who was merged is still to be forwarded: it is answered when that is done, too. */
export interface LoginBegun extends Login {
  readonly settled: Promise<void>
}

/**
 * The same for a caller who has more to do before the answer.
 *
 * @param onSurvivor is told into whom the visitor is going to be merged
 */
export async function beginLogin(
  app: App,
  presenter: Presenter,
  proof: Proof,
  now: Millis,
  onSurvivor: (userId: UserId) => void = () => undefined,
): Promise<LoginBegun> {
  const reads = new ReadSet()
  await preload(app, presenter, proof.claims, reads)
  const movable = await preloadMerge(app, presenter, proof.claims, reads)
  const known = await holderOf(app, proof.claims.externalId, now, reads, proof.claims)
  if (known && isRevoked(known.record, proof.issuedAt)) throw new HubError("token_revoked")
  const claims = await reserveVerifiedEmail(app, proof.claims, now, reads)
  let settled: Promise<void> = DONE
  const merge = async (discardedId: UserId, survivingId: UserId): Promise<boolean> => {
    onSurvivor(survivingId)
    const users = { discardedId, survivingId, reason: proof.reason }
    const { imported, done } = beginMerge(app, users, now, reads, movable)
    if (!(await imported)) return false
    settled = done.then(whole)
    // The caller awaits it, and is told of a failure.
    settled.catch(() => undefined)
    return true
  }
  const done = await transact(
    app,
    "login",
    loginSteps(app, presenter, { ...proof, claims }, now, merge),
    reads,
  )
  return { ...done, settled }
}

const DONE = Promise.resolve()

/** Who was thawed after their import was lost is a visitor again: the login has to be done once more. */
function whole(merged: boolean): void {
  if (!merged) throw new HubError("unavailable")
}

/**
 * Where the visitor is going to be merged, what both have is asked for in the call that looks for the holder: of the holder
 * as far as this node has seen them.
 */
async function preloadMerge(
  app: App,
  presenter: Presenter,
  { externalId }: Claims,
  reads: ReadSet,
): Promise<MovableAhead | undefined> {
  if (presenter.kind !== "anonymous") return undefined
  const { partition, id } = app.directorySlot(externalId)
  const holderId = reads.known(partition, ref("directory", id))?.value?.userId
  const home = app.homePartition(presenter.userId)
  const versioned = home && reads.known(home, ref("user", presenter.userId))
  const into = holderId === undefined ? undefined : app.homePartition(holderId)
  if (holderId === undefined || !home || !versioned?.value || versioned.value.mergeState || !into)
    return undefined
  const loaded = loadMovable(app, { partition: home, versioned, record: versioned.value }, reads)
  // The merge awaits it, and is told of a failure.
  loaded.catch(() => undefined)
  const target = into.seen.get(ref("user", holderId))?.value?.defaultConversation
  const guess = target === undefined ? [] : [ref("conversation", target), ref("markers", target)]
  await reads.load(into, ref("user", holderId), ref("imported", presenter.userId), ...guess)
  return { version: versioned.version, loaded }
}

/** Loads what every login reads, in one call for each partition. */
async function preload(app: App, presenter: Presenter, claims: Claims, reads: ReadSet): Promise<void> {
  const { externalId, email, emailVerified } = claims
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

/** The table of outcomes [4.2], one commit after another; where another login was faster, its result is loaded again. */
function loginSteps(
  app: App,
  presenter: Presenter,
  { claims }: Proof,
  now: Millis,
  merge: (discardedId: UserId, survivingId: UserId) => Promise<boolean>,
): (reads: ReadSet) => Promise<Decision<Login>> {
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
  const afterMerge = async (reads: ReadSet): Promise<Decision<Login> | undefined> => {
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
function withClaims(holder: ResolvedUser, claims: Claims, outcome: Outcome): Decision<Login> {
  const { partition, versioned, record } = holder
  const news = updateClaims(versioned, record, claims)
  if (!news) return { answer: { outcome, person: { record } } }
  const person = { record: news.user }
  return { partition, changeSet: news.changeSet, committed: () => ({ outcome, person }) }
}
