/** The other tabs of this browser: one visitor, one sign-in, one sign-out. Pure. */
import { isSignedIn, type SharedSource, sessionOf } from "./client-state.ts"
import { type Next, type Of, will } from "./next-state.ts"
import { adopt, keepRecord, newGeneration, shareToken, takeRecord } from "./reduce-account.ts"
import { begin, beginAfresh, resume } from "./reduce-attempt.ts"
import { fetchToken, startEffort } from "./reduce-effort.ts"
import { renew } from "./reduce-session.ts"
import { areOthers, consumedIn, type SessionRecord } from "./session-record.ts"

/** The message of another tab and the parking by the hub belong to one sign-in if they are no further apart. */
const SAME_SIGN_IN_MS = 10_000

export function tabNews(next: Next, { news }: Of<"tabNews">): void {
  if (news.type === "ask") shareLogin(next)
  else if (news.type === "changed") will(next, { do: "readRecord", inTurn: false })
  else if (news.type === "login") loginShared(next, { ...news, via: "tab" })
}

/** What the storage said just now. */
export function recordRead(next: Next, { record }: Of<"recordRead">): void {
  if (!record.generation || record.generation !== next.record.generation) {
    const before = next.record.generation
    if (adopt(next, record)) {
      if (next.wanted) beginAfresh(next)
      else if (next.asked) fetchToken(next, next.asked)
    } else if (before) stillRevoked(next)
  } else if (next.phase.at === "open") {
    sameGeneration(next, record)
    stillRevoked(next)
    stillParked(next)
  } else takeRecord(next, record)
}

function sameGeneration(next: Next, record: SessionRecord): void {
  const { owner } = next
  if (!owner || next.busy > 0) return
  if (!isSignedIn(next)) sameVisitor(next, record, owner.userId)
  else if (!record.externalId) {
    // A tab that did not get the message of the sign-in began a visitor's session.
    keepRecord(next, next.record)
    shareLogin(next)
  } else if (areOthers(next.record, record)) {
    // Two tabs signed in as two people at once, and the other one's is stored: the one that came second is this browser's.
    keepRecord(next, { ...next.record, generation: newGeneration(next) })
    shareLogin(next)
  } else next.record = record
}

function sameVisitor(next: Next, record: SessionRecord, userId: string): void {
  const isGone = record.consumed === userId
  takeRecord(next, isGone || record.sessionToken ? record : { ...next.record, ...consumedIn(record) })
  // Or two tabs made a session each: the one that is stored is this browser's.
  if (isGone || (record.sessionToken && record.userId && record.userId !== userId)) begin(next)
  else if (record.externalId && !next.asked && !next.own && !next.alone)
    will(next, { do: "share", news: { type: "ask" } })
}

/** The record is unchanged: this session was ended on another device or by the hub. */
function stillRevoked(next: Next): void {
  const session = sessionOf(next)
  if (session?.state === "revoked" && session.renewing && !next.effort) renew(next)
}

/** A sign-in by a tab with a storage of its own. The hub parked this tab, so it was a sign-in of this visitor. */
function stillParked(next: Next): void {
  const { shared, record, parkedAt = 0 } = next
  if (sessionOf(next)?.state !== "parked" || !shared || shared.generation === record.generation) return
  if (shared.since > parkedAt - SAME_SIGN_IN_MS) followLogin(next, shared)
}

/** Another tab has a token: this one gives it to the hub as well. */
function loginShared(next: Next, shared: SharedSource): void {
  const { declinedAt = 0 } = next
  // A clock that was set back meanwhile tells nothing.
  if (shared.since <= declinedAt && declinedAt <= next.at) return
  next.shared = shared
  const { at } = next.phase
  if (shared.generation !== next.record.generation) will(next, { do: "readRecord", inTurn: false })
  else if (at === "asking") resume(next)
  else if (at === "open") followLogin(next, shared)
  else if (at === "refused" && next.wanted) begin(next)
}

function followLogin(next: Next, shared: SharedSource): void {
  const { effort, asked, own } = next
  const session = sessionOf(next)
  const follows =
    session?.state === "live"
      ? !asked && !own && !effort && shared.jwt !== next.token?.jwt
      : session && effort?.step !== "fetching" && effort?.step !== "presenting"
  if (!follows) return
  will(next, { do: "stopTimer", name: "ask" })
  startEffort(next, shared)
}

function shareLogin(next: Next): void {
  const { token } = next
  // The hub says when it ends: this browser's clock may be hours before or behind the hub's.
  if (token && sessionOf(next)?.state === "live" && isSignedIn(next)) shareToken(next, token.jwt, token.since)
}
