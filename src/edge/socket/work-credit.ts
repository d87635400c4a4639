/**
 * A credit of work: earned over time, saved up to a bound, and negative for a client that goes on regardless. A sixteenth of
 * it is at hand at any time. The rest is a reserve for bursts (a sign-in, a long history after a journey). Once a burst has
 * begun, what is left of the reserve a second and a half later is forfeited, so that no client can use more than it earns for longer
 * than that, however it spreads its work.
 */

import type { WorkRate } from "./work.ts"

const BURST_MS = 1_500
/** The share of the credit that is at hand; the rest is the reserve. */
const AT_HAND_SHARE = 1 / 16

export class WorkCredit {
  readonly #rate: WorkRate
  readonly #mostAtHand: number
  #atHand: number
  #reserve: number
  /** When what is left of the reserve is forfeited; 0 while it is untouched. */
  #burstEnds = 0
  #at: number

  constructor(rate: WorkRate, now: number, begin = rate.saved) {
    this.#rate = rate
    this.#mostAtHand = rate.saved * AT_HAND_SHARE
    this.#atHand = Math.min(begin, this.#mostAtHand)
    this.#reserve = Math.min(begin, rate.saved) - this.#atHand
    this.#at = now
  }

  /** The credit now; a negative one is a debt. */
  balance(now: number): number {
    if (this.#burstEnds !== 0 && now >= this.#burstEnds) {
      this.#reserve = 0
      this.#burstEnds = 0
    }
    const { perSecond } = this.#rate
    this.#earn((Math.max(0, now - this.#at) / 1000) * perSecond)
    this.#at = now
    return this.#atHand + this.#reserve
  }

  /** Charges work, also if that makes a debt; a negative amount is given back. */
  charge(work: number, now: number): void {
    this.balance(now)
    if (work < 0) {
      this.#earn(-work)
      return
    }
    this.#atHand -= work
    if (this.#atHand < 0 && this.#reserve > 0) {
      const taken = Math.min(this.#reserve, -this.#atHand)
      this.#reserve -= taken
      this.#atHand += taken
      if (this.#burstEnds === 0) this.#burstEnds = now + BURST_MS
    }
    this.#atHand = Math.max(-this.#rate.owed, this.#atHand)
  }

  #earn(work: number): void {
    const spare = this.#atHand + work - this.#mostAtHand
    this.#atHand = Math.min(this.#mostAtHand, this.#atHand + work)
    if (spare > 0) this.#reserve = Math.min(this.#rate.saved - this.#mostAtHand, this.#reserve + spare)
  }

  /** Milliseconds until the debt is paid; 0 where there is none. */
  wait(now: number): number {
    const balance = this.balance(now)
    return balance >= 0 ? 0 : Math.max(1, Math.ceil((-balance / this.#rate.perSecond) * 1000))
  }

  full(now: number): boolean {
    this.balance(now)
    return this.#atHand >= this.#mostAtHand && this.#reserve >= this.#rate.saved - this.#mostAtHand
  }
}
