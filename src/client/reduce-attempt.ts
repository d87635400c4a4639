/** One attempt to connect, and the next when it fails: slower and slower, without a limit on tries. Pure. */
import { fullJitter } from "../lib/backoff.ts"
import { ClientError } from "./client-error.ts"
import { noToken } from "./client-errors.ts"
import type { Input } from "./client-inputs.ts"
import type { ClientState, Signed } from "./client-state.ts"
import { rejectAsked } from "./reduce-account.ts"
import { chain, type Step, step } from "./step.ts"

const BACKOFF = { baseMs: 500, capMs: 30_000 }
/** Other tabs answer at once, so this is long enough. */
export const ASK_MS = 500

/** A new attempt, now, in place of whatever there is. */
export function begin(state: ClientState): Step {
  const { effort: _, staleSince: __, ...rest } = state
  const run = state.run + 1
  const reading = { ...rest, run, busy: 0, leaving: false, phase: { at: "reading" } as const }
  return step(reading, { do: "end" }, ...(state.loaded ? [{ do: "readSession", run } as const] : []))
}

/** As `begin`, with the backoff reset: circumstances have changed, so earlier failures do not count. */
export const beginAfresh = (state: ClientState): Step => begin({ ...state, attempt: 0 })

/** Gives the connection up and tries again later. */
export function retry(state: ClientState, error: ClientError, { at, chance }: Input): Step {
  const waitMs = Math.max(state.drainMs, error.retryAfterMs ?? 0) + fullJitter(state.attempt, BACKOFF, chance)
  const { effort: _, staleSince: __, ...rest } = state
  const waiting: ClientState = {
    ...rest,
    run: state.run + 1,
    attempt: state.attempt + 1,
    drainMs: 0,
    busy: 0,
    leaving: false,
    phase: { at: "waiting", retryAt: at + waitMs, error },
  }
  return step(waiting, { do: "end" }, { do: "startTimer", name: "retry", ms: waitMs })
}

export const timedOut = (): ClientError => new ClientError("timeout", "The hub does not answer.", true)

/** Nothing more can be done here; the host has to act. */
export function refuse(state: ClientState, error: ClientError): Step {
  return chain(
    rejectAsked(
      { ...state, run: state.run + 1, busy: 0, leaving: false, phase: { at: "refused", error } },
      error,
    ),
    (refused) => step(refused, { do: "end" }, { do: "complain", error }, { do: "connectFailed", error }),
  )
}

/** Reads the record once more – it may have changed meanwhile – and connects with the proof that was found. */
export function resume(state: ClientState, proof: Signed | "none" | undefined): Step {
  const phase = { at: "reading", ...(proof && { proof }) } as const
  return step(
    { ...state, phase },
    { do: "stopTimer", name: "grace" },
    { do: "stopTimer", name: "ask" },
    { do: "readSession", run: state.run },
  )
}

export function unprovable(
  state: ClientState,
  reason: "token_expired" | "not_signed_in" = "token_expired",
): Step {
  const event = { type: "required", reason: state.following ? "session_moved" : reason } as const
  return chain(step(state, { do: "tell", event }), (told) =>
    refuse(told, noToken("A user is signed in here, and there is no token to prove it again.")),
  )
}
