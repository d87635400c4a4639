/** An effort to sign in on an open connection, and where a token is sought when there is none. Pure. */
import { fullJitter } from "../lib/backoff.ts"
import type { ClientError } from "./client-error.ts"
import type { Input } from "./client-inputs.ts"
import {
  type ClientState,
  type Effort,
  isSignedIn,
  type Signed,
  type Source,
  sameSource,
} from "./client-state.ts"
import { forget } from "./reduce-account.ts"
import { ASK_MS, resume, unprovable } from "./reduce-attempt.ts"
import { type Step, step, without } from "./step.ts"

const BACKOFF = { baseMs: 1_000, capMs: 30_000 }
/** A token that was fetched this short a time ago need not be fetched again. */
const FRESH_MS = 10_000

/** The token of this source that was fetched just now. */
export function freshToken(state: ClientState, source: Source | undefined, at: number): Signed | undefined {
  const { fetched } = state
  return fetched && sameSource(fetched.source, source) && at - fetched.at < FRESH_MS ? fetched : undefined
}

export function fetchToken(state: ClientState, source: Source): Step {
  if (sameSource(state.fetching?.source, source)) return step(state)
  const no = state.counter + 1
  return step({ ...state, counter: no, fetching: { no, source } }, { do: "fetchToken", no, source })
}

/** Asks for a token and presents it on the open connection; a newer effort replaces an older one. */
export function startEffort(
  state: ClientState,
  source: Source,
  { at }: Pick<Input, "at">,
  { attempt, since }: Pick<Effort, "attempt" | "since"> = { attempt: 0, since: at },
): Step {
  // What is presented before the hub has answered the logout would be the leaving user's login.
  if (state.leaving) return source.kind === "shared" ? step(state) : fetchToken(state, source)
  const no = state.counter + 1
  const effort: Effort = { no, source, attempt, since, step: "fetching" }
  const known = { ...state, counter: no, effort }
  if (source.kind === "shared") return present(known, effort, source.jwt)
  const fresh = freshToken(state, source, at)
  if (fresh) return present(known, effort, fresh.jwt)
  return fetchToken(known, source)
}

export function present(state: ClientState, effort: Effort, jwt: string): Step {
  const presenting = {
    ...without(state, "fetched"),
    busy: state.busy + 1,
    effort: { ...effort, step: "presenting" } as const,
  }
  const signed = { source: effort.source, jwt }
  return step(presenting, { do: "login", run: state.run, no: effort.no, signed })
}

export function pause(state: ClientState, effort: Effort, error: ClientError, { chance }: Input): Step {
  const ms = Math.max(error.retryAfterMs ?? 0, fullJitter(effort.attempt, BACKOFF, chance))
  return step({ ...state, effort: { ...effort, step: "pausing" } }, { do: "startTimer", name: "effort", ms })
}

/**
 * No effort is under way. Where commands may not be sent, other tabs are asked, and after them the host.
 *
 * @param failed a source that was tried and had no good token
 */
export function needsToken(state: ClientState, input: Input, failed?: Source): Step {
  const { phase } = state
  if (phase.at !== "open" || phase.session.is === "current") return step(state)
  const shared = state.shared && !sameSource(state.shared, failed) ? state.shared : undefined
  if (shared?.kind === "shared" && shared.jwt !== state.token?.jwt) {
    return startEffort(state, shared, input)
  }
  if (state.alone || phase.session.is === "revoked") return noHelp(without(state, "shared"))
  return step(
    { ...without(state, "shared"), phase: { at: "open", session: { ...phase.session, renewing: true } } },
    { do: "share", news: { type: "ask" } },
    { do: "startTimer", name: "ask", ms: ASK_MS },
  )
}

/** Neither the host nor another tab has a token. */
export function noHelp(state: ClientState): Step {
  const { phase } = state
  if (phase.at === "asking")
    return isSignedIn(state) || state.following ? unprovable(state) : resume(state, "none")
  if (phase.at !== "open" || phase.session.is === "current" || state.effort) return step(state)
  const session = { ...phase.session, renewing: false }
  const known = { ...state, phase: { at: "open", session } } as const
  // Logged out everywhere means here too.
  if (session.is === "revoked" && session.reason === "logout") return forget(known, true)
  const reason =
    session.is === "revoked" ? "key_deleted" : session.is === "parked" ? "session_moved" : "token_expired"
  return step(known, { do: "tell", event: { type: "required", reason } })
}
