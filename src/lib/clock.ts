/**
 * Chapter 0: the tools. Nothing in this folder knows what the hub is for.
 *
 * Time comes in through this interface, so that the rules stay pure and a test can be the clock.
 */
export interface Clock {
  /** Unix milliseconds. */
  now(): number
  /**
   * Runs once, not before `ms` milliseconds have passed; `ms` may be any number, also `Infinity` (never).
   * The wall clock may be set meanwhile: a caller that waits for a date asks `now()` again.
   *
   * @returns a function that cancels it; calling it late or twice does nothing
   */
  after(ms: number, run: () => void): () => void
}

/** `setTimeout` fires at once when asked for more than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),

  after(ms, run) {
    const due = performance.now() + ms
    let timer: NodeJS.Timeout | undefined
    const arm = (): void => {
      const left = due - performance.now()
      if (left > 0) timer = setTimeout(arm, Math.min(Math.ceil(left), LONGEST_TIMER_MS))
      else run()
    }
    timer = setTimeout(arm, Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/**
 * For how long something takes, not for when it was: its times are no dates, but go on evenly, whatever the wall clock is set
 * to.
 */
export const steadyClock: Clock = { now: () => performance.now(), after: systemClock.after }
