/** Signing in and out, and getting the tokens for it. Pure. */
import { isUnknown } from "./auth-errors.ts"
import { ClientError } from "./client-error.ts"
import {
  type Effort,
  type HostSource,
  isSignedIn,
  type Source,
  sameSource,
  sessionOf,
  sourceOf,
} from "./client-state.ts"
import { claimedExternalId } from "./draft-owner.ts"
import { identityChanged, notConnected } from "./error-makers.ts"
import { type Next, type Of, tell, will } from "./next-state.ts"
import { accepted, introduce, rejectAsked, signedOut } from "./reduce-account.ts"
import { begin, beginAfresh, resume, retry, unprovable } from "./reduce-attempt.ts"
import { fetchToken, needsToken, pause, present, startEffort } from "./reduce-effort.ts"

export function login(next: Next, { id }: Of<"login">): void {
  const { at } = next.phase
  const source: HostSource = { via: "login", id }
  rejectAsked(next, identityChanged())
  next.declinedAt = undefined
  next.asked = source
  if (at === "open") startEffort(next, source)
  else if (at === "asking") resume(next)
  else if (at === "waiting" || at === "refused") beginAfresh(next)
  // That no user is signed in can be found out without a connection.
  else if (at === "idle") {
    will(next, { do: "readRecord", inTurn: false })
    fetchToken(next, source)
  }
  // In every other phase a handshake is on its way: the login goes with it, or follows it (`entered`).
}

/** Does nothing once the token is on its way to the hub. */
export function cancelLogin(next: Next, { id }: Of<"cancelLogin">): void {
  const { asked, effort, phase } = next
  if (asked?.id !== id) return
  if (effort?.step === "presenting" && sameSource(effort.source, asked)) return
  if (phase.at === "opening" && sameSource(phase.signed?.source, asked)) return
  withoutAsked(next, new ClientError("cancelled"))
}

/** The requested login is over; the user before it stays. */
function withoutAsked(next: Next, error: ClientError): void {
  const { phase } = next
  rejectAsked(next, error)
  const session = sessionOf(next)
  if (phase.at === "proving" && phase.source.via === "login") resume(next)
  else if (session && session.state !== "live" && !next.effort) {
    if (next.own) startEffort(next, next.own)
    else needsToken(next)
  }
}

export function tokenFetched(next: Next, { no, token }: Of<"tokenFetched">): void {
  const { fetching, effort, phase, at } = next
  if (fetching?.no !== no) return
  const { source } = fetching
  next.fetching = undefined
  if (typeof token !== "string") noToken(next, source, token)
  else {
    next.expected = claimedExternalId(token)
    if (effort?.step === "fetching" && sameSource(effort.source, source)) {
      // The hub has this one: presented again it would ask for the next one ever sooner.
      if (source.via === "renewal" && token === next.token?.jwt && sessionOf(next)?.state === "live")
        next.effort = undefined
      else present(next, effort, token)
    } else if (phase.at === "proving" && sameSource(phase.source, source))
      resume(next, { source, jwt: token })
    else next.fetched = { source, jwt: token, at }
  }
}

/** @param error absent: the host says that no user is signed in */
function noToken(next: Next, source: Source, error: ClientError | undefined): void {
  const { effort, phase } = next
  if (error) tell(next, { type: "token_failed", error })
  if (source.via === "login") {
    if (!error) next.declinedAt = next.at
    withoutAsked(next, error ?? new ClientError("not_signed_in"))
  } else if (phase.at === "proving") {
    if (error) retry(next, error)
    else if (isSignedIn(next)) unprovable(next, "not_signed_in")
    else {
      next.own = undefined
      begin(next)
    }
  } else if (effort && sameSource(effort.source, source)) {
    if (error && !isRevoked(next)) pause(next, effort, error)
    else {
      next.effort = undefined
      needsToken(next, source)
    }
  }
}

const isRevoked = (next: Next): boolean => sessionOf(next)?.state === "revoked"

export function loginAnswered(next: Next, { run, no, signed, answer }: Of<"loginAnswered">): void {
  if (run !== next.run) return
  next.busy -= 1
  // Overtaken by a logout: the user of this login is gone already, and was never shown.
  if (next.leaving > 0) return
  if (answer.ok) {
    introduce(next, answer.result.state, signed.jwt)
    accepted(next, signed, answer.result, answer.result.state.user)
  } else if (isUnknown(answer.error)) retry(next, answer.error)
  else if (next.effort?.no === no) {
    tell(next, { type: "token_failed", error: answer.error })
    loginRefused(next, next.effort, signed.source, answer.error)
  }
  lookAgain(next)
}

/** What the storage said while a login or logout was on its way was put off until its answer. */
function lookAgain(next: Next): void {
  if (next.phase.at === "open" && next.busy === 0) will(next, { do: "readRecord", inTurn: false })
}

function loginRefused(next: Next, effort: Effort, source: Source, error: ClientError): void {
  const { via } = source
  // A token that is old when it is given is not worth another question.
  const isWorthIt =
    via === "renewal" ||
    (via === "login" && error.code !== "token_expired" && next.at - effort.since < next.patienceMs)
  if (isWorthIt && error.retryable && !isRevoked(next)) pause(next, effort, error)
  else {
    next.effort = undefined
    if (via === "tab") next.shared = undefined
    if (via === "login") withoutAsked(next, error)
    else needsToken(next, source)
  }
}

export function pauseOver(next: Next): void {
  const { effort } = next
  if (!sessionOf(next) || effort?.step !== "pausing") return
  const source = sourceOf(next)
  if (source) startEffort(next, source, effort.attempt + 1, effort.since)
  else next.effort = undefined
}

/** The user is forgotten before the hub is told [P4]. */
export function logout(next: Next, { id, everywhere }: Of<"logout">): void {
  const { at } = next.phase
  signedOut(next)
  if (at === "open") {
    next.busy += 1
    next.leaving += 1
    will(next, { do: "stopTimer", name: "effort" }, { do: "logout", run: next.run, id, everywhere })
  } else {
    if (next.wanted) beginAfresh(next)
    will(next, { do: "settled", id, result: everywhere ? notConnected() : undefined })
  }
}

export function logoutAnswered(next: Next, { run, id, everywhere, answer }: Of<"logoutAnswered">): void {
  const result = everywhere && !answer.ok ? answer.error : undefined
  const current = run === next.run
  if (current) {
    next.busy -= 1
    next.leaving -= 1
    // The user is forgotten here; a new connection without their proofs is a visitor's.
    if (!answer.ok) retry(next, answer.error)
    // Another logout is on its way: the visitor of this one is gone already.
    else if (next.leaving === 0) introduce(next, answer.result.state)
    will(next, { do: "unlock" })
  }
  will(next, { do: "settled", id, result })
  if (current && next.asked && next.leaving === 0 && sessionOf(next)) startEffort(next, next.asked)
  if (current) lookAgain(next)
}
