/** Which user the client is of: a state introduces them, a login is accepted, a sign-out forgets them. Pure. */
import type { State } from "../protocol/handshake.ts"
import type { ClientError } from "./client-error.ts"
import type { User } from "./client-model.ts"
import { type Signed, sameSource } from "./client-state.ts"
import { claimedExternalId, isStill, type Owner, ownerOf } from "./draft-owner.ts"
import { identityChanged } from "./error-makers.ts"
import { type Next, tell, will } from "./next-state.ts"
import { consumedIn, generationAfter, isLater, type SessionRecord } from "./session-record.ts"

/** The result of a login where the hub sent no outcome, because the user stayed the same. */
const UNTOLD = { outcome: "refreshed", expiresAt: Number.MAX_SAFE_INTEGER } as const

/**
 * A state replaces what was known [P4]: everything of another user is removed.
 *
 * @param jwt the token that brought it; absent where the hub sent it unasked
 */
export function introduce(next: Next, told: State, jwt?: string): void {
  const { owner: before, record } = next
  const kept = told.user.authenticated ? next.claimed : undefined
  const claimed = jwt ? claimedExternalId(jwt) : kept
  const now = ownerOf(told.user, claimed)
  if (before && !isStill(before, now, told.reason)) next.accountNo += 1
  next.stateNo += 1
  next.claimed = claimed
  next.staleSince = undefined
  next.phase = { at: "open", session: { state: "live" } }
  next.owner = now
  next.attempt = 0
  next.drainMs = 0
  next.following = false
  will(next, { do: "introduce", state: told, before, now })
  const changed = recordOf(next, told, now)
  if (JSON.stringify(changed) !== JSON.stringify(record)) keepRecord(next, changed)
}

/** A signed-in user lives by their token alone; the visitor they were has no session any more. */
function recordOf(next: Next, told: State, { externalId, userId }: Owner): SessionRecord {
  const before = next.record
  const generation = before.generation ?? newGeneration(next)
  const gone = consumedIn(before)
  if (!externalId) {
    const kept = before.userId === userId ? before : gone
    return { ...kept, generation, sessionToken: told.sessionToken ?? before.sessionToken, userId }
  }
  const another = before.externalId && before.externalId !== externalId
  return { ...gone, generation: another ? newGeneration(next) : generation, externalId }
}

export const newGeneration = ({ record, at, tag }: Next): string =>
  generationAfter(record.generation, at, tag)

/** What is only written again is no news: where a full storage refuses it, two tabs would tell each other for ever. */
export function keepRecord(next: Next, record: SessionRecord): void {
  will(next, { do: "writeRecord", record })
  if (next.record !== record) will(next, { do: "share", news: { type: "changed" } })
  next.record = record
}

/** A visitor is about to sign in: noted first, for the tab may be closed before it hears that they have. */
export function aboutToSignIn(next: Next, jwt: string): void {
  const presented = claimedExternalId(jwt)
  const { record } = next
  if (presented && record.sessionToken && record.presented !== presented)
    keepRecord(next, { ...record, presented })
}

/** A login was accepted, in place or in the handshake. */
export function accepted(next: Next, { source, jwt }: Signed, told: State["login"], user: User): void {
  const { outcome, expiresAt } = told ?? UNTOLD
  const { asked, at } = next
  const { via } = source
  const since = via === "tab" ? source.since : (via === "renewal" && next.token?.since) || at
  if (sameSource(next.effort?.source, source)) next.effort = undefined
  next.declinedAt = undefined
  next.token = { jwt, since }
  if (via !== "tab") shareToken(next, jwt, since)
  // A login that was replaced while the hub judged it has been rejected: its host is not asked again.
  if (sameSource(asked, source)) {
    next.asked = undefined
    if (via === "login") {
      next.own = { ...source, via: "renewal" }
      will(next, { do: "settled", id: source.id, result: { outcome, expiresAt } })
    }
  }
  tell(next, { type: "login", via, outcome, expiresAt, user })
}

/** Gives the token to the other tabs. */
export const shareToken = (next: Next, jwt: string, since: number): void =>
  will(next, {
    do: "share",
    news: { type: "login", jwt, since, generation: next.record.generation ?? "" },
  })

/** The login that was asked for is over without success; what was before it stays. */
export function rejectAsked(next: Next, error: ClientError): void {
  const { asked } = next
  if (!asked) return
  for (const field of ["fetched", "fetching", "effort"] as const)
    if (sameSource(next[field]?.source, asked)) next[field] = undefined
  next.asked = undefined
  next.expected = undefined
  will(next, { do: "settled", id: asked.id, result: error })
}

/** What belongs to the present user. */
const OF_THE_USER = [
  "owner",
  "claimed",
  "own",
  "shared",
  "token",
  "effort",
  "staleSince",
  "expected",
] as const

/** Nothing of the user is kept; a login that is under way goes on: it is the next user's. */
export function forget(next: Next, all: boolean): void {
  const { asked, owner } = next
  for (const field of OF_THE_USER) next[field] = undefined
  for (const field of ["fetched", "fetching"] as const)
    if (!sameSource(next[field]?.source, asked)) next[field] = undefined
  next.accountNo += 1
  next.stateNo += 1
  will(next, { do: "forget", all })
  if (owner) tell(next, { type: "logout" })
}

/**
 * What another tab wrote in the same generation. If the visitor who is known here has signed in, and the tab in which they did
 * is gone, nothing of them is the next visitor's.
 */
export function takeRecord(next: Next, record: SessionRecord): void {
  const { owner } = next
  next.record = record
  if (owner && !owner.externalId && owner.userId === record.consumed) forget(next, false)
}

/**
 * The session record in the storage holds for every tab. In a later generation the user that was known here has
 * signed out, or was replaced.
 *
 * @returns whether it is of another generation than was known here
 */
export function adopt(next: Next, record: SessionRecord): boolean {
  const { shared, record: known } = next
  if (!known.generation || record.generation === known.generation) takeRecord(next, record)
  else if (!record.generation || isLater(known, record))
    // The storage was emptied from outside, or written by a tab that did not know better.
    keepRecord(next, known)
  else {
    forget(next, false)
    // What the host gives to a login that was asked for before may be the former user's token: it is asked again.
    next.fetched = undefined
    next.fetching = undefined
    next.record = record
    next.following = record.externalId !== undefined
    if (shared?.generation === record.generation) next.shared = shared
    return true
  }
  return false
}

export function signedOut(next: Next): void {
  rejectAsked(next, identityChanged())
  forget(next, true)
  next.declinedAt = undefined
  next.following = false
  // Until the page is loaded anew: the cookie may still name the user who has signed out.
  next.helpCenter = false
  keepRecord(next, { generation: newGeneration(next) })
}
