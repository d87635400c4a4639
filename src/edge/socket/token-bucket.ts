/** Token buckets: a burst at once, and then so many a second. */
import type { Rate } from "../../protocol/command-rates.ts"

export class TokenBucket {
  #tokens: number
  #at: number
  #burst: number

  constructor(burst: number, now: number) {
    this.#tokens = burst
    this.#burst = burst
    this.#at = now
  }

  /**
   * @param weight as many as this are taken; one that weighs more than the burst takes all of it
   * @returns 0 if it may pass now, else the milliseconds until it may
   */
  take({ perSecond, burst }: Rate, now: number, weight = 1): number {
    this.#burst = burst
    const taken = Math.min(weight, burst)
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * perSecond)
    this.#at = now
    if (this.#tokens >= taken) {
      this.#tokens -= taken
      return 0
    }
    return Math.max(1, Math.ceil(((taken - this.#tokens) / perSecond) * 1000))
  }

  /** Takes what was used on another node, even if there is not enough here; the debt is at most another burst. */
  spend(weight: number): void {
    this.#tokens = Math.max(-this.#burst, this.#tokens - weight)
  }

  /** Whether it is full again, as if nothing had ever been taken. */
  full({ perSecond, burst }: Rate, now: number): boolean {
    return this.#tokens + ((now - this.#at) / 1000) * perSecond >= burst
  }
}

/** One bucket for each name that was used lately. */
export class TokenBuckets {
  readonly #buckets = new Map<string, TokenBucket>()
  #sweepAt = SWEEP_AT

  take(name: string, rate: Rate, now: number, weight = 1): number {
    return this.#of(name, rate, now).take(rate, now, weight)
  }

  /** Takes what was used on another node, if this node has a bucket of that name; else it does not matter yet. */
  spend(name: string, weight: number): void {
    this.#buckets.get(name)?.spend(weight)
  }

  #of(name: string, rate: Rate, now: number): TokenBucket {
    let bucket = this.#buckets.get(name)
    if (!bucket) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(rate, now)
      bucket = new TokenBucket(rate.burst, now)
      this.#buckets.set(name, bucket)
    }
    return bucket
  }

  #sweep(rate: Rate, now: number): void {
    for (const [name, bucket] of this.#buckets) if (bucket.full(rate, now)) this.#buckets.delete(name)
    // With many busy names, not every new one costs a pass over all of them.
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#buckets.size)
  }
}

const SWEEP_AT = 10_000
