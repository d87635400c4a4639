/**
 * How long to wait before trying again: exponential with full jitter, so that callers who failed together do not
 * come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export interface Backoff {
  /** The ceiling of the first wait, in milliseconds. */
  readonly baseMs: number
  /** No wait is longer, in milliseconds. */
  readonly capMs: number
}

/**
 * @param attempt 0 for the first repeat
 * @param random from 0 up to, but not including, 1
 * @returns whole milliseconds from 0 to the ceiling of this attempt
 */
export function fullJitter(attempt: number, { baseMs, capMs }: Backoff, random: number): number {
  return Math.floor(random * (Math.min(capMs, baseMs * 2 ** attempt) + 1))
}
