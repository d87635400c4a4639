/** The clock of a device. Unlike the hub's it has no waits of months to keep: a longer one ends after 24 days. */
import type { Clock } from "../lib/clock.ts"

/** `setTimeout` fires at once when asked for more than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const deviceClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
}
