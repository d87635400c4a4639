/** One attempt to connect, and the next when it fails: slower and slower, without a limit on tries. Pure. */
import type { ClientError } from "./client-error.ts"
import type { Phase, Signed } from "./client-state.ts"
import { noToken } from "./error-makers.ts"
import { type Next, tell, will } from "./next-state.ts"
import { rejectAsked } from "./reduce-account.ts"
import { retryWait } from "./retry-wait.ts"

/** Other tabs answer at once, so this is long enough. */
const ASK_MS = 500

/** Ends the connection, or the attempt to make one. */
export function end(next: Next, phase: Phase): void {
  next.run += 1
  next.effort = undefined
  next.staleSince = undefined
  next.busy = 0
  next.leaving = 0
  next.phase = phase
  will(next, { do: "end" })
}

/** A new attempt, now, in place of whatever there is. */
export function begin(next: Next): void {
  end(next, { at: "reading", proof: undefined })
  if (next.loaded) will(next, { do: "readSession", run: next.run })
}

/** As `begin`, with the backoff reset: circumstances have changed, so earlier failures do not count. */
export function beginAfresh(next: Next): void {
  next.attempt = 0
  begin(next)
}

/** Gives the connection up and tries again later. */
export function retry(next: Next, error: ClientError): void {
  const ms = Math.max(next.drainMs, error.retryAfterMs ?? 0) + retryWait({}, next.attempt, next.chance)
  next.attempt += 1
  next.drainMs = 0
  end(next, { at: "waiting", retryAt: next.at + ms, error })
  will(next, { do: "startTimer", name: "retry", ms })
}

/** Nothing more can be done here; the host has to act. */
export function refuse(next: Next, error: ClientError): void {
  rejectAsked(next, error)
  end(next, { at: "refused", error })
  will(next, { do: "complain", error }, { do: "connected", error })
}

/** Reads the record once more – it may have changed meanwhile – and connects with the proof that was found. */
export function resume(next: Next, proof?: Signed | "none"): void {
  next.phase = { at: "reading", proof }
  will(
    next,
    { do: "stopTimer", name: "grace" },
    { do: "stopTimer", name: "ask" },
    { do: "readSession", run: next.run },
  )
}

/** Asks the other tabs for a token. */
export const askTabs = (next: Next): void =>
  will(next, { do: "share", news: { type: "ask" } }, { do: "startTimer", name: "ask", ms: ASK_MS })

/** A user is signed in, and no token can be had: the host is told that it has to bring one. */
export function unprovable(next: Next, reason: "token_expired" | "not_signed_in" = "token_expired"): void {
  tell(next, { type: "required", reason: next.following ? "session_moved" : reason })
  refuse(next, noToken())
}
