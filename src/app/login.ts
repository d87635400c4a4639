/** A login: who the socket was, what the token says, who he is then (docs/protocol.md 4.2). */
import { randomUUID } from "node:crypto"
import { retireVisitor, updateClaims } from "../domain/identity.ts"
import type { Claims } from "../domain/user.ts"
import { newId } from "../lib/ids.ts"
import { HubError } from "../protocol/errors.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { Outcome } from "../protocol/handshake.ts"
import type { App } from "./app.ts"
import { holderOf, reserveVerifiedEmail, upgrade } from "./directory.ts"
import { finishMerge, mergeUsers, type Steps } from "./merge-users.ts"
import type { ResolvedUser } from "./user-data.ts"

/** Who presents the token: nobody yet (or a parked tab), a visitor, or somebody who is signed in. */
export type Presenter =
  | { readonly kind: "nobody" }
  | { readonly kind: "anonymous"; readonly userId: string }
  | { readonly kind: "identified"; readonly userId: string; readonly externalId: string }

/** A verified token: what it claims and when it was issued (Unix seconds). */
export interface Proof {
  readonly claims: Claims
  readonly issuedAt: number | undefined
  readonly reason: MergeReason
}

export interface Login {
  readonly outcome: Outcome
  readonly person: ResolvedUser
}

/**
 * [P4] A failed login changes nothing: everything that can refuse is asked first.
 *
 * @throws HubError `token_revoked`, `email_conflict`
 */
export async function login(
  app: App,
  standing: Presenter,
  proof: Proof,
  now: number,
  steps?: Steps,
): Promise<Login> {
  await refuseRevoked(app, proof, now)
  const claims = await reserveVerifiedEmail(app, proof.claims, now)
  for (;;) {
    const outcome = await attempt(app, standing, claims, proof.reason, now, steps)
    if (!outcome) continue
    const person = await withClaims(app, claims, now)
    if (person) return { outcome, person }
  }
}

async function refuseRevoked(app: App, { claims, issuedAt }: Proof, now: number): Promise<void> {
  const holder = await holderOf(app, claims.externalId, now)
  const after = holder?.record.tokensAfter
  if (after !== undefined && (issuedAt ?? 0) <= after) throw new HubError("token_revoked")
}

/** One try at the table of outcomes; `undefined`: somebody was faster, look again. */
async function attempt(
  app: App,
  standing: Presenter,
  claims: Claims,
  reason: MergeReason,
  now: number,
  steps: Steps | undefined,
): Promise<Outcome | undefined> {
  const { externalId } = claims
  const holder = await holderOf(app, externalId, now, steps)
  if (standing.kind === "identified") {
    const same = standing.externalId === externalId || holder?.record.id === standing.userId
    if (!holder && !(await createUser(app, claims, now, steps))) return undefined
    return same ? "refreshed" : "switched"
  }
  if (standing.kind === "nobody") {
    if (!holder && !(await createUser(app, claims, now, steps))) return undefined
    return "signed_in"
  }
  const home = app.homePartition(standing.userId)
  if (!home) throw new HubError("session_invalid")
  const visitor = await home.get("user", standing.userId)
  if (visitor.value?.mergeState?.kind === "merging") {
    await finishMerge(app, standing.userId, steps)
    return undefined
  }
  // Another tab of the session was faster: this one comes along.
  if (visitor.value?.mergeState || visitor.value?.externalId !== undefined)
    return attempt(app, { kind: "nobody" }, claims, reason, now, steps)
  if (!holder) return (await upgrade(app, standing.userId, claims, now, steps)) ? "upgraded" : undefined
  if (!visitor.value) {
    const left = await home.commit(
      retireVisitor(visitor, standing.userId, holder.record.id, randomUUID(), now),
    )
    return left.kind === "conflict" ? undefined : "signed_in"
  }
  const wrote = (await home.rank("conversations", standing.userId, { limit: 1 })).length > 0
  if (!(await mergeUsers(app, standing.userId, holder.record.id, reason, now, steps))) return undefined
  return wrote ? "merged" : "signed_in"
}

/** Somebody new: born where the directory keeps his external id, so that one commit makes him. */
function createUser(app: App, claims: Claims, now: number, steps: Steps | undefined): Promise<boolean> {
  const { partition } = app.directorySlot(claims.externalId)
  return upgrade(app, newId("usr", partition.index), claims, now, steps)
}

/** The token's claims are written to the profile; `undefined`: the person was merged away meanwhile, look again. */
async function withClaims(app: App, claims: Claims, now: number): Promise<ResolvedUser | undefined> {
  for (;;) {
    const person = await holderOf(app, claims.externalId, now)
    if (!person) return undefined
    const news = updateClaims(person.versioned, person.record, claims)
    if (!news) return person
    if ((await person.partition.commit(news)).kind !== "conflict")
      return holderOf(app, claims.externalId, now)
  }
}
