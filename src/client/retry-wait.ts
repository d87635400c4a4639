/** How long to wait after a refusal: at least as long as the hub asks, and longer with each failure. */
import { type Backoff, fullJitter } from "../lib/backoff.ts"
import type { ClientError } from "./client-error.ts"

/** @returns milliseconds */
export const retryWait = (
  { retryAfterMs = 0 }: ClientError,
  attempt: number,
  backoff: Backoff,
  random: number,
): number => Math.max(retryAfterMs, fullJitter(attempt, backoff, random))
