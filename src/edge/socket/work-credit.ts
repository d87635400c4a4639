/** A credit of work: earned over time, saved up to a bound, and negative for a client that goes on all the same. */

import type { WorkRate } from "./work.ts"

export class WorkCredit {
  readonly #rate: WorkRate
  #balance: number
  #at: number

  constructor(rate: WorkRate, now: number, begin = rate.saved) {
    this.#rate = rate
    this.#balance = Math.min(begin, rate.saved)
    this.#at = now
  }

  /** What is there now; less than nothing is a debt. */
  balance(now: number): number {
    const earned = (Math.max(0, now - this.#at) / 1000) * this.#rate.perSecond
    this.#balance = Math.min(this.#rate.saved, this.#balance + earned)
    this.#at = now
    return this.#balance
  }

  /** Work that was done is charged, also where that makes a debt. */
  charge(work: number, now: number): void {
    this.balance(now)
    const { saved, owed } = this.#rate
    this.#balance = Math.max(-owed, Math.min(saved, this.#balance - work))
  }

  /** Milliseconds until the debt is paid; 0 where there is none. */
  wait(now: number): number {
    const balance = this.balance(now)
    return balance >= 0 ? 0 : Math.max(1, Math.ceil((-balance / this.#rate.perSecond) * 1000))
  }

  full(now: number): boolean {
    return this.balance(now) >= this.#rate.saved
  }
}
