/** Connecting and reconnecting: what the hub is shown, and what follows from its answer. Pure. */
import { isOfTheToken, isSessionOver } from "./auth-errors.ts"
import type { ClientError } from "./client-error.ts"
import { closed, notConnected } from "./client-errors.ts"
import type { Effect, Input } from "./client-inputs.ts"
import { type ClientState, isSignedIn, type Signed, sameSource, sourceOf } from "./client-state.ts"
import { accepted, adopt, forget, introduce, rejectAsked } from "./reduce-account.ts"
import { ASK_MS, begin, beginAfresh, refuse, resume, retry, unprovable } from "./reduce-attempt.ts"
import { fetchToken, freshToken, startEffort } from "./reduce-effort.ts"
import { chain, type Step, step } from "./step.ts"

type Of<Type extends Input["type"]> = Input & { type: Type }

/** An anonymous chat does not wait longer than this for a host that is slow to say who is signed in. */
const GRACE_MS = 3_000

export function connect(state: ClientState): Step {
  const { at } = state.phase
  if (at === "closed") return step(state, { do: "connectFailed", error: closed() })
  const wanting = { ...state, wanted: true }
  if (at === "idle" || at === "refused") return beginAfresh(wanting)
  return step(wanting, ...(at === "open" ? [{ do: "connected" } as const] : []))
}

export function disconnect(state: ClientState): Step {
  const { effort: _, ...rest } = state
  const idle = {
    ...rest,
    wanted: false,
    run: state.run + 1,
    busy: 0,
    leaving: false,
    phase: { at: "idle" } as const,
  }
  return step(idle, { do: "end" }, { do: "connectFailed", error: notConnected() })
}

export function close(state: ClientState): Step {
  return chain(
    disconnect(state),
    (idle) => rejectAsked(idle, closed()),
    (idle) =>
      step({ ...idle, phase: { at: "closed" } }, { do: "connectFailed", error: closed() }, { do: "abandon" }),
  )
}

export function sessionRead(state: ClientState, input: Of<"sessionRead">): Step {
  const { phase } = state
  if (input.run !== state.run || phase.at !== "reading") return step(state, { do: "unlock" })
  return chain(adopt(state, input.record), (known) => prove(known, phase.proof, input))
}

/** Decides which proof to connect with. */
function prove(state: ClientState, proof: Signed | "none" | undefined, input: Input): Step {
  if (proof === "none") return open(state, undefined)
  const source = sourceOf(state)
  if (proof && sameSource(proof.source, source)) return open(state, proof)
  if (source?.kind === "shared") return open(state, { source, jwt: source.jwt })
  const fresh = freshToken(state, source, input.at)
  if (fresh) return open(state, fresh)
  if (source) {
    const grace = source.kind === "asked" && !isSignedIn(state)
    return chain(
      step({ ...state, phase: { at: "proving", source } }, { do: "unlock" }),
      (proving) => fetchToken(proving, source),
      (proving) =>
        step(proving, ...(grace ? [{ do: "startTimer", name: "grace", ms: GRACE_MS } as const] : [])),
    )
  }
  if (state.helpCenter) return open(state, undefined)
  const known = isSignedIn(state) || state.following
  if ((known || state.record.externalId !== undefined) && !state.alone) {
    const ask: Effect = { do: "share", news: { type: "ask" } }
    return step({ ...state, phase: { at: "asking" } }, { do: "unlock" }, ask, {
      do: "startTimer",
      name: "ask",
      ms: ASK_MS,
    })
  }
  return known ? chain(step(state, { do: "unlock" }), unprovable) : open(state, undefined)
}

/** The host is slow: the visitor's chat begins, and the login goes on meanwhile. */
export const graceOver = (state: ClientState): Step =>
  state.phase.at === "proving" ? resume(state, "none") : step(state)

function open(state: ClientState, signed: Signed | undefined): Step {
  const { sessionToken } = state.record
  const { fetched: _, ...rest } = state
  const phase = { at: "opening", ...(sessionToken && { sessionToken }), ...(signed && { signed }) } as const
  const effect: Effect = {
    do: "open",
    run: state.run,
    ...(sessionToken && { sessionToken }),
    ...(signed && { jwt: signed.jwt }),
    helpCenter: state.helpCenter && !signed,
  }
  // Only a client without a proof is given a new session: until it is stored no other tab may make one too.
  const makesSession = sessionToken === undefined && signed === undefined
  return step({ ...rest, phase }, ...(makesSession ? [] : [{ do: "unlock" } as const]), effect)
}

export function entered(state: ClientState, input: Of<"ready">): Step {
  const { phase } = state
  if (input.run !== state.run) return step(state)
  if (phase.at === "open") {
    const signsOut = input.state.reason === "logout" && state.owner !== undefined
    return chain(signsOut ? forget(state, false) : step(state), (known) =>
      introduce(known, input.state, undefined, input),
    )
  }
  if (phase.at !== "opening") return step(state)
  const { signed } = phase
  const { user, login } = input.state
  const byCookie = !signed && login && user.authenticated
  return chain(
    introduce(state, input.state, signed?.jwt, input),
    (known) => (signed ? accepted(known, signed, login, user, input) : step(known)),
    (known) =>
      step(
        known,
        { do: "unlock" },
        ...(byCookie
          ? [{ do: "tell", event: { type: "login", via: "helpCenter", ...login, user } } as const]
          : []),
        { do: "connected" },
      ),
    (known) => (known.asked ? startEffort(known, known.asked, input) : step(known)),
  )
}

export const lost = (state: ClientState, input: Of<"lost">): Step =>
  input.run === state.run && (state.phase.at === "opening" || state.phase.at === "open")
    ? retry(state, input.error, input)
    : step(state)

/** The hub refused this handshake. */
export function failed(state: ClientState, input: Of<"refused">): Step {
  const { phase } = state
  const { error } = input
  if (input.run !== state.run || phase.at !== "opening") return step(state)
  const { sessionToken, signed } = phase
  if (sessionToken !== undefined && isSessionOver(error))
    return sessionOver(state, sessionToken, signed, error)
  // No user is signed in at the help centre: the visitor's chat begins.
  if (state.helpCenter && !signed && error.code === "forbidden") return begin({ ...state, helpCenter: false })
  const told = step(
    state,
    ...(signed && isOfTheToken(error)
      ? [{ do: "tell", event: { type: "token_failed", error } } as const]
      : []),
  )
  return chain(told, (known) =>
    signed ? tokenRefused(known, signed, error, input) : refusedAsIs(known, error, input),
  )
}

const refusedAsIs = (state: ClientState, error: ClientError, input: Input): Step =>
  error.retryable ? retry(state, error, input) : refuse(state, error)

function tokenRefused(state: ClientState, { source }: Signed, error: ClientError, input: Input): Step {
  const ofTheToken = isOfTheToken(error)
  switch (source.kind) {
    case "asked":
      // A login that fails changes nothing: what was before it goes on.
      if (ofTheToken) return chain(rejectAsked(state, error), begin)
      return refusedAsIs(state, error, input)
    case "shared": {
      const { shared: _, ...rest } = state
      return ofTheToken ? retry(rest, error, input) : refusedAsIs(rest, error, input)
    }
    case "own":
      if (error.code !== "token_revoked") return refusedAsIs(state, error, input)
      // Logged out everywhere, while this device was away.
      return chain(forget(state, true), (gone) => refuse(gone, error))
  }
}

/** If the visitor became a signed-in user, and no tab here knows who, their drafts are not for the next visitor. */
function sessionOver(
  state: ClientState,
  sessionToken: string,
  signed: Signed | undefined,
  error: ClientError,
): Step {
  const { sessionToken: _, userId: __, ...record } = state.record
  const gone = !signed && error.code === "session_consumed" ? forget(state, false) : step(state)
  return chain(gone, (known) => step({ ...known, record }, { do: "dropSession", sessionToken }), begin)
}
