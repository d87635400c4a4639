/** Watches a token's expiry (docs/protocol.md 4.4): a warning in time, and the end exactly when the token expires. */
import type { Clock } from "../../lib/clock.ts"

const WARNING_MS = 60_000
/** After this time it is noticed that the machine was suspended or its clock was set. */
const LOOK_MS = 15_000

/** The function that stops watching, for identities that do not expire. */
export const NOT_WATCHED = (): void => undefined

/** @returns a function that stops watching */
export function watchExpiry(
  clock: Clock,
  expiresAt: number,
  on: { readonly soon: () => void; readonly over: () => void },
): () => void {
  const life = expiresAt - clock.now()
  const warnAt = expiresAt - (life > WARNING_MS ? WARNING_MS : life / 2)
  const cancelWarning = life > 0 ? when(clock, warnAt, on.soon) : () => undefined
  const cancelEnd = when(clock, expiresAt, on.over)
  return () => {
    cancelWarning()
    cancelEnd()
  }
}

/** Timers stop while the machine sleeps, so the clock is asked every 15 seconds. */
function when(clock: Clock, time: number, run: () => void): () => void {
  let cancel = (): void => undefined
  const look = (): void => {
    const left = time - clock.now()
    if (left > 0) cancel = clock.after(Math.min(left, LOOK_MS), look)
    else run()
  }
  look()
  return () => cancel()
}
