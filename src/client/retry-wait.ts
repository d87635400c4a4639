/** How long to wait after a failure: at least as long as the hub asks, and longer with each. */
import { fullJitter } from "../lib/backoff.ts"

const BASE_MS = 500
/** In the background. */
const LONGEST_MS = 30_000
/** Where the host waits for the answer. */
export const SHORT_MS = 4_000

/**
 * @param attempt 0 for the first repeat
 * @param random from 0 up to, but not including, 1
 * @returns milliseconds
 */
export const retryWait = (
  { retryAfterMs = 0 }: { readonly retryAfterMs?: number | undefined },
  attempt: number,
  random: number,
  capMs = LONGEST_MS,
): number => Math.max(retryAfterMs, fullJitter(attempt, { baseMs: BASE_MS, capMs }, random))
