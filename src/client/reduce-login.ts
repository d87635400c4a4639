/** Signing in and out, and getting the tokens for it. Pure. */
import { isUnknown } from "./auth-errors.ts"
import type { ClientError } from "./client-error.ts"
import { cancelled, closed, identityChanged, notConnected, notSignedIn } from "./client-errors.ts"
import type { Input } from "./client-inputs.ts"
import { type ClientState, isSignedIn, type Source, sameSource, sourceOf } from "./client-state.ts"
import { claimedExternalId } from "./draft-owner.ts"
import { accepted, introduce, rejectAsked, signedOut } from "./reduce-account.ts"
import { begin, beginAfresh, resume, retry, unprovable } from "./reduce-attempt.ts"
import { fetchToken, needsToken, pause, present, startEffort } from "./reduce-effort.ts"
import { chain, type Step, step, without } from "./step.ts"

type Of<Type extends Input["type"]> = Input & { type: Type }

export function login(state: ClientState, id: number, input: Input): Step {
  if (state.phase.at === "closed") return step(state, { do: "loginSettled", id, result: closed() })
  const source: Source = { kind: "asked", id }
  return chain(
    rejectAsked(state, identityChanged()),
    (known) => step({ ...without(known, "declinedAt"), asked: source }),
    (known) => beginLogin(known, source, input),
  )
}

function beginLogin(state: ClientState, source: Source, input: Input): Step {
  switch (state.phase.at) {
    case "open":
      return startEffort(state, source, input)
    case "asking":
      return resume(state, undefined)
    case "waiting":
    case "refused":
      return beginAfresh(state)
    case "reading":
    case "proving":
    case "opening":
      // The handshake takes it along, or it follows at once.
      return step(state)
    default:
      // That no user is signed in can be found out without a connection.
      return fetchToken(state, source)
  }
}

/** Until the token is on its way to the hub. */
export function cancelLogin(state: ClientState, id: number, input: Input): Step {
  const { asked, effort } = state
  if (asked?.kind !== "asked" || asked.id !== id) return step(state)
  if (effort?.step === "presenting" && sameSource(effort.source, asked)) return step(state)
  if (state.phase.at === "opening" && sameSource(state.phase.signed?.source, asked)) return step(state)
  return withoutAsked(state, cancelled(), input)
}

/** The requested login is over; the user before it stays. */
function withoutAsked(state: ClientState, error: ClientError, input: Input): Step {
  return chain(rejectAsked(state, error), (known) => {
    if (known.phase.at === "proving" && known.phase.source.kind === "asked") return resume(known, undefined)
    if (known.effort || known.phase.at !== "open" || known.phase.session.is === "current") return step(known)
    return known.own ? startEffort(known, known.own, input) : needsToken(known, input)
  })
}

export function tokenFetched(state: ClientState, input: Of<"tokenFetched">): Step {
  const { fetching, effort, phase } = state
  if (fetching?.no !== input.no) return step(state)
  const { source } = fetching
  const { token } = input
  if (typeof token !== "string") return noToken(without(state, "fetching"), source, token, input)
  const expected = claimedExternalId(token)
  const known = {
    ...without(state, "fetching", "expected"),
    ...(expected !== undefined && { expected }),
  }
  if (effort && effort.step === "fetching" && sameSource(effort.source, source))
    return present(known, effort, token)
  if (phase.at === "proving" && sameSource(phase.source, source)) return resume(known, { source, jwt: token })
  return step({ ...known, fetched: { source, jwt: token, at: input.at } })
}

/** @param error absent: the host says that no user is signed in */
function noToken(state: ClientState, source: Source, error: ClientError | undefined, input: Input): Step {
  const told = step(
    state,
    ...(error ? [{ do: "tell", event: { type: "token_failed", error } } as const] : []),
  )
  return chain(told, (known) => {
    if (source.kind === "asked")
      return withoutAsked(error ? known : { ...known, declinedAt: input.at }, error ?? notSignedIn(), input)
    if (known.phase.at === "proving") {
      if (error) return retry(known, error, input)
      return isSignedIn(known) ? unprovable(known, "not_signed_in") : begin(without(known, "own"))
    }
    const { effort } = known
    if (!effort || !sameSource(effort.source, source)) return step(known)
    return error && !isRevoked(known)
      ? pause(known, effort, error, input)
      : needsToken(without(known, "effort"), input, source)
  })
}

const isRevoked = ({ phase }: ClientState): boolean => phase.at === "open" && phase.session.is === "revoked"

export function loginAnswered(state: ClientState, input: Of<"loginAnswered">): Step {
  const { signed, answer } = input
  if (input.run !== state.run) return step(state)
  const known = { ...state, busy: state.busy - 1 }
  // Overtaken by a logout: the user of this login is gone already, and was never shown.
  if (known.leaving) return step(known)
  if (answer.ok) {
    return chain(introduce(known, answer.state, signed.jwt, input), (introduced) =>
      accepted(introduced, signed, answer.login, answer.state.user, input),
    )
  }
  if (isUnknown(answer.error)) return retry(known, answer.error, input)
  if (known.effort?.no !== input.no) return step(known)
  const told = step(known, { do: "tell", event: { type: "token_failed", error: answer.error } })
  return chain(told, (refused) => loginRefused(refused, signed.source, answer.error, input))
}

function loginRefused(state: ClientState, source: Source, error: ClientError, input: Input): Step {
  const { effort } = state
  const stale = error.code === "token_expired"
  const again = error.retryable && effort !== undefined && !isRevoked(state)
  switch (source.kind) {
    case "asked":
      // A token that is old when it is given is not worth another question.
      if (again && !stale && input.at - effort.since < state.patienceMs)
        return pause(state, effort, error, input)
      return withoutAsked(without(state, "effort"), error, input)
    case "shared":
      return needsToken(without(state, "effort", "shared"), input, source)
    case "own":
      return again ? pause(state, effort, error, input) : needsToken(without(state, "effort"), input, source)
  }
}

export function pauseOver(state: ClientState, input: Input): Step {
  const { effort, phase } = state
  if (phase.at !== "open" || effort?.step !== "pausing") return step(state)
  const source = sourceOf(state)
  return source
    ? startEffort(state, source, input, { attempt: effort.attempt + 1, since: effort.since })
    : step(without(state, "effort"))
}

/** The user is forgotten before the hub is told [P4]. */
export function logout(state: ClientState, { id, everywhere, tag }: Of<"logout">): Step {
  if (state.phase.at === "closed") return step(state, { do: "logoutSettled", id, error: closed() })
  const { at } = state.phase
  return chain(signedOut(state, tag), (gone) => {
    if (at === "open") {
      const leaving = { ...gone, busy: gone.busy + 1, leaving: true }
      return step(
        leaving,
        { do: "stopTimer", name: "effort" },
        { do: "logout", run: gone.run, id, everywhere },
      )
    }
    const settled = { do: "logoutSettled", id, ...(everywhere && { error: notConnected() }) } as const
    return chain(gone.wanted ? beginAfresh(gone) : step(gone), (known) => step(known, settled))
  })
}

export function logoutAnswered(state: ClientState, input: Of<"logoutAnswered">): Step {
  const { answer, id, everywhere } = input
  const settled = {
    do: "logoutSettled",
    id,
    ...(!answer.ok && everywhere && { error: answer.error }),
  } as const
  if (input.run !== state.run) return step(state, settled)
  const known = { ...state, busy: state.busy - 1, leaving: false }
  const next = answer.ok
    ? introduce(known, answer.state, undefined, input)
    : // The user is forgotten here; a new connection without their proofs is a visitor's.
      retry(known, answer.error, input)
  return chain(
    next,
    (left) => step(left, { do: "unlock" }, settled),
    (left) => (left.asked && left.phase.at === "open" ? startEffort(left, left.asked, input) : step(left)),
  )
}
