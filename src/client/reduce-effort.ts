/** An effort to sign in on an open connection, and where a token is sought when there is none. Pure. */
import type { ClientError } from "./client-error.ts"
import {
  type Effort,
  isSignedIn,
  type SessionState,
  type Signed,
  type Source,
  sameSource,
  sessionOf,
} from "./client-state.ts"
import { type Next, setSession, tell, will } from "./next-state.ts"
import { aboutToSignIn, forget } from "./reduce-account.ts"
import { askTabs, resume, unprovable } from "./reduce-attempt.ts"
import { retryWait } from "./retry-wait.ts"

/** A token that was fetched this short a time ago need not be fetched again. */
const FRESH_MS = 10_000

/** The token of this source that was fetched just now. */
export function freshToken({ fetched, at }: Next, source: Source): Signed | undefined {
  return fetched && sameSource(fetched.source, source) && at - fetched.at < FRESH_MS ? fetched : undefined
}

export function fetchToken(next: Next, source: Source): void {
  if (sameSource(next.fetching?.source, source)) return
  next.counter += 1
  next.fetching = { no: next.counter, source }
  will(next, { do: "fetchToken", no: next.counter, source })
}

/** Asks for a token and presents it on the open connection; a newer effort replaces an older one. */
export function startEffort(next: Next, source: Source, attempt = 0, since = next.at): void {
  let jwt: string | undefined
  // What is presented before the hub has answered the logout would be the leaving user's login.
  if (next.leaving === 0) {
    next.counter += 1
    next.effort = { no: next.counter, source, attempt, since, step: "fetching" }
    jwt = source.via === "tab" ? source.jwt : freshToken(next, source)?.jwt
  }
  if (next.effort && jwt) present(next, next.effort, jwt)
  else if (source.via !== "tab") fetchToken(next, source)
}

export function present(next: Next, effort: Effort, jwt: string): void {
  next.fetched = undefined
  next.busy += 1
  next.effort = { ...effort, step: "presenting" }
  aboutToSignIn(next, jwt)
  will(next, { do: "login", run: next.run, no: effort.no, signed: { source: effort.source, jwt } })
}

export function pause(next: Next, effort: Effort, error: ClientError): void {
  const ms = retryWait(error, effort.attempt, next.chance)
  const session = sessionOf(next)
  // The host is told, and it is tried on.
  if (session && session.state !== "live" && session.renewing && next.at - effort.since >= next.patienceMs)
    askForLogin(next, session)
  next.effort = { ...effort, step: "pausing" }
  will(next, { do: "startTimer", name: "effort", ms })
}

/**
 * No effort is under way. Where commands may not be sent, other tabs are asked, and after them the host.
 *
 * @param failed a source that was tried and had no good token
 */
export function needsToken(next: Next, failed?: Source): void {
  const { shared } = next
  const session = sessionOf(next)
  if (!session || session.state === "live") return
  if (shared && !sameSource(shared, failed) && shared.jwt !== next.token?.jwt) startEffort(next, shared)
  else {
    next.shared = undefined
    if (next.alone || session.state === "revoked") noHelp(next)
    else {
      setSession(next, { ...session, renewing: true })
      askTabs(next)
    }
  }
}

/** Neither the host nor another tab has a token. */
export function noHelp(next: Next): void {
  const session = sessionOf(next)
  if (next.phase.at === "asking") {
    if (isSignedIn(next) || next.following) unprovable(next)
    else resume(next, "none")
  } else if (session && session.state !== "live" && !next.effort) askForLogin(next, session)
}

function askForLogin(next: Next, session: Exclude<SessionState, { readonly state: "live" }>): void {
  setSession(next, { ...session, renewing: false })
  const reason = session.state === "expired" ? "token_expired" : session.reason
  // Logged out everywhere means here too.
  if (reason === "logout") forget(next, true)
  else tell(next, { type: "required", reason })
}
