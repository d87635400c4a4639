/** Token buckets: so many at once, then so many a second. */

export class TokenBucket {
  #tokens: number
  #at: number

  constructor(burst: number, now: number) {
    this.#tokens = burst
    this.#at = now
  }

  /** @returns 0 if one may pass now, else the milliseconds until the next one may */
  take(perSecond: number, burst: number, now: number): number {
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * perSecond)
    this.#at = now
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return 0
    }
    return Math.max(1, Math.ceil(((1 - this.#tokens) / perSecond) * 1000))
  }

  /** Whether it is as if nobody had ever taken anything. */
  full(perSecond: number, burst: number, now: number): boolean {
    return this.#tokens + ((now - this.#at) / 1000) * perSecond >= burst
  }
}

/** One bucket for each user who sent lately. Users, not addresses: an office behind one address is many visitors. */
export class TokenBuckets {
  readonly #buckets = new Map<string, TokenBucket>()
  #sweepAt = SWEEP_AT

  take(name: string, limits: { readonly perSecond: number; readonly burst: number }, now: number): number {
    const { perSecond, burst } = limits
    let bucket = this.#buckets.get(name)
    if (!bucket) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(perSecond, burst, now)
      bucket = new TokenBucket(burst, now)
      this.#buckets.set(name, bucket)
    }
    return bucket.take(perSecond, burst, now)
  }

  #sweep(perSecond: number, burst: number, now: number): void {
    for (const [name, bucket] of this.#buckets)
      if (bucket.full(perSecond, burst, now)) this.#buckets.delete(name)
    // Where many are busy, not every newcomer pays for looking through all of them.
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#buckets.size)
  }
}

const SWEEP_AT = 10_000
