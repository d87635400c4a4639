/** Watches a token's expiry (docs/protocol.md 4.4): a warning in time, and the end exactly when the token expires. */
import type { Clock } from "../../lib/clock.ts"

const WARNING_MS = 60_000
/** A machine that was suspended, and a clock that was set, are noticed after this time. */
const LOOK_MS = 15_000

/** What stops watching where nothing is watched. */
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

/** Timers sleep with the machine: the clock is asked again and again. */
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
