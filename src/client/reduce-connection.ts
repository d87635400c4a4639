/** Connecting and reconnecting: what the hub is shown, and what follows from its answer. Pure. */
import { isOfTheToken, isSessionOver } from "./auth-errors.ts"
import type { ClientError } from "./client-error.ts"
import { isSignedIn, type Signed, type Source, sameSource, sourceOf } from "./client-state.ts"
import { claimedExternalId } from "./draft-owner.ts"
import { closed, notConnected } from "./error-makers.ts"
import { type Next, type Of, tell, will } from "./next-state.ts"
import { aboutToSignIn, accepted, adopt, forget, introduce, rejectAsked } from "./reduce-account.ts"
import { askTabs, begin, beginAfresh, end, refuse, resume, retry, unprovable } from "./reduce-attempt.ts"
import { fetchToken, freshToken, startEffort } from "./reduce-effort.ts"
import { sessionDropped } from "./session-record.ts"

/** An anonymous chat does not wait longer than this for a host that is slow to say who is signed in. */
const GRACE_MS = 3_000

export function connect(next: Next): void {
  const { at } = next.phase
  next.wanted = true
  if (at === "idle" || at === "refused") beginAfresh(next)
  else if (at === "open") will(next, { do: "connected" })
}

export function disconnect(next: Next): void {
  next.wanted = false
  end(next, { at: "idle" })
  will(next, { do: "connected", error: notConnected() })
}

export function close(next: Next): void {
  next.wanted = false
  rejectAsked(next, closed())
  end(next, { at: "closed" })
  will(next, { do: "connected", error: closed() }, { do: "abandon" })
}

export function sessionRead(next: Next, { run, record }: Of<"sessionRead">): void {
  const { phase } = next
  if (run === next.run && phase.at === "reading") {
    adopt(next, record)
    prove(next, phase.proof)
  } else will(next, { do: "unlock" })
}

/** Decides which proof to connect with. */
function prove(next: Next, proof: Signed | "none" | undefined): void {
  const source = sourceOf(next)
  if (proof === "none") open(next)
  else if (source) proveBy(next, source, proof)
  else if (next.helpCenter) open(next)
  else proveWithoutSource(next)
}

function proveBy(next: Next, source: Source, proof: Signed | undefined): void {
  const signed =
    proof && sameSource(proof.source, source)
      ? proof
      : source.via === "tab"
        ? { source, jwt: source.jwt }
        : freshToken(next, source)
  if (signed) open(next, signed)
  else {
    next.phase = { at: "proving", source }
    will(next, { do: "unlock" })
    fetchToken(next, source)
    if (source.via === "login" && !isSignedIn(next))
      will(next, { do: "startTimer", name: "grace", ms: GRACE_MS })
  }
}

/** Where a user is signed in, the other tabs are asked for a token; else a visitor's chat begins. */
function proveWithoutSource(next: Next): void {
  const known = isSignedIn(next) || next.following
  const asks = !next.alone && (known || next.record.externalId)
  if (!asks && !known) open(next)
  else {
    will(next, { do: "unlock" })
    if (asks) {
      next.phase = { at: "asking" }
      askTabs(next)
    } else unprovable(next)
  }
}

/** The host is slow: the visitor's chat begins, and the login goes on meanwhile. */
export function graceOver(next: Next): void {
  if (next.phase.at === "proving") resume(next, "none")
}

function open(next: Next, proof?: Signed): void {
  const { run, helpCenter } = next
  const { sessionToken, presented } = next.record
  // Where this visitor may have signed in as another, unheard, the hub says first whether they have.
  const signed = proof && presented && presented !== claimedExternalId(proof.jwt) ? undefined : proof
  next.fetched = undefined
  next.phase = { at: "opening", sessionToken, signed }
  if (signed) aboutToSignIn(next, signed.jwt)
  // Only a client without a proof is given a new session: until it is stored no other tab may make one too.
  if (sessionToken || signed) will(next, { do: "unlock" })
  will(next, { do: "open", run, sessionToken, jwt: signed?.jwt, helpCenter: helpCenter && !signed })
}

export function entered(next: Next, { run, state }: Of<"ready">): void {
  const { phase } = next
  if (run !== next.run) return
  if (phase.at === "open") {
    if (state.reason === "logout" && next.owner) forget(next, false)
    introduce(next, state)
  } else if (phase.at === "opening") {
    const { signed } = phase
    const { user, login } = state
    introduce(next, state, signed?.jwt)
    if (signed) accepted(next, signed, login, user)
    will(next, { do: "unlock" })
    if (!signed && login && user.authenticated)
      tell(next, { type: "login", via: "helpCenter", ...login, user })
    will(next, { do: "connected" })
    if (next.asked) startEffort(next, next.asked)
  }
}

export function lost(next: Next, { run, error }: Of<"lost">): void {
  const { at } = next.phase
  if (run === next.run && (at === "opening" || at === "open")) retry(next, error)
}

/** The hub refused this handshake. */
export function failed(next: Next, { run, error }: Of<"refused">): void {
  const { phase } = next
  if (run !== next.run || phase.at !== "opening") return
  const { sessionToken, signed } = phase
  if (sessionToken && isSessionOver(error)) sessionOver(next, sessionToken, signed, error)
  else if (signed) tokenRefused(next, signed, error)
  else if (next.helpCenter && error.code === "forbidden") {
    // No user is signed in at the help centre: the visitor's chat begins.
    next.helpCenter = false
    begin(next)
  } else refusedAsIs(next, error)
}

/** If the visitor became a signed-in user, and no tab here knows who, their drafts are not for the next visitor. */
function sessionOver(
  next: Next,
  sessionToken: string,
  signed: Signed | undefined,
  { code }: ClientError,
): void {
  const consumed = code === "session_consumed"
  const left = sessionDropped(next.record, consumed)
  if (!signed && consumed) forget(next, false)
  next.record = left
  will(next, { do: "dropSession", sessionToken, consumed })
  begin(next)
}

const refusedAsIs = (next: Next, error: ClientError): void =>
  error.retryable ? retry(next, error) : refuse(next, error)

function tokenRefused(next: Next, { source: { via } }: Signed, error: ClientError): void {
  const ofTheToken = isOfTheToken(error)
  if (ofTheToken) tell(next, { type: "token_failed", error })
  if (via === "tab") next.shared = undefined
  if (via === "login" && ofTheToken) {
    // A login that fails changes nothing: what was before it goes on.
    rejectAsked(next, error)
    begin(next)
  } else if (via === "tab" && ofTheToken) retry(next, error)
  else if (via === "renewal" && error.code === "token_revoked") {
    // Logged out everywhere, while this device was away.
    forget(next, true)
    refuse(next, error)
  } else refusedAsIs(next, error)
}
