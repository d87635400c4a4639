/** On an open connection the proof stops being good: it expires, another tab signs in, the session is ended. Pure. */
import type { ClientError } from "./client-error.ts"
import type { Input } from "./client-inputs.ts"
import { type ClientState, type SessionState, type Source, sourceOf } from "./client-state.ts"
import { needsToken, startEffort } from "./reduce-effort.ts"
import { chain, type Step, step } from "./step.ts"

export function expiring(state: ClientState, expiresAt: number, input: Input): Step {
  const told = step(state, { do: "tell", event: { type: "expiring", expiresAt } })
  return chain(told, (known) => {
    const source = renewable(known)
    return source && known.phase.at === "open" ? startEffort(known, source, input) : step(known)
  })
}

/** A token that has expired, or is about to, is no way to get another one. */
const renewable = (state: ClientState): Source | undefined => {
  const source = sourceOf(state)
  return source?.kind === "shared" && source.jwt === state.token?.jwt ? undefined : source
}

export const expired = (state: ClientState, input: Input): Step =>
  chain(
    setSession(state, { is: "expired", renewing: true }),
    (known) => step(known, { do: "tell", event: { type: "expired" } }),
    (known) => renew(known, input),
  )

export const parked = (state: ClientState, input: Input): Step =>
  chain(setSession(state, { is: "parked", renewing: true, since: input.at }), (known) => renew(known, input))

/**
 * Another tab of this browser signed out, or all devices did, or the key is gone: what the storage says, once no tab
 * is changing it, tells the first from the others.
 */
export const revoked = (state: ClientState, reason: "key_deleted" | "logout"): Step =>
  chain(setSession(state, { is: "revoked", reason, renewing: true }), (known) =>
    step(known, { do: "tell", event: { type: "revoked", reason } }, { do: "readRecord", inTurn: true }),
  )

/** The record is unchanged: this session was ended on another device or by the hub. The host is asked once. */
export function revokedFromElsewhere(state: ClientState, input: Input): Step {
  const source = renewable(state)
  return source ? startEffort(state, source, input) : needsToken(state, input)
}

/** A command was refused because this socket's identity is no longer valid. */
export function unidentified(state: ClientState, error: ClientError, input: Input): Step {
  const { phase } = state
  if (phase.at !== "open" || phase.session.is !== "current" || state.busy > 0) return step(state)
  if (error.code === "token_expired") return expired(state, input)
  return error.code === "token_revoked" ? revoked(state, "key_deleted") : parked(state, input)
}

const setSession = (state: ClientState, session: SessionState): Step =>
  state.phase.at === "open" ? step({ ...state, phase: { at: "open", session: session } }) : step(state)

function renew(state: ClientState, input: Input): Step {
  if (state.phase.at !== "open") return step(state)
  const source = renewable(state)
  return source ? startEffort(state, source, input) : needsToken(state, input)
}
