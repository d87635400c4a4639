/**
 * What the sockets of one user on this node share: a credit of work, and a limit on their number. When there are too many, the
 * one that has been quiet for longest gets the signal `reconnect`, and is closed.
 */

import { SmallSet } from "../../lib/small-set.ts"
import type { UserId } from "../../protocol/branded.ts"
import type { RateTable } from "../../protocol/command-rates.ts"
import { type WorkRate, workRate } from "./work.ts"
import { WorkCredit } from "./work-credit.ts"

/** A socket that is counted for its user. */
export interface Counted {
  /** Another socket has taken its place. */
  displace(): void
}

export class UserQuota {
  #rate: WorkRate
  work: WorkCredit
  /** Each socket, the one that has been quiet for longest first. */
  readonly sockets = new SmallSet<Counted>()
  /** The number of the user's conversations, if it was needed already. */
  conversations: number | undefined
  /** Surplus sockets are being displaced, some in each turn of the event loop. */
  displaces = false

  constructor(rate: WorkRate, now: number) {
    this.#rate = rate
    this.work = new WorkCredit(rate, now)
  }

  /** Adapts the quota to the app's present settings. */
  at(rate: WorkRate, now: number): this {
    if (rate.perSecond === this.#rate.perSecond) return this
    this.#rate = rate
    this.work = new WorkCredit(rate, now)
    return this
  }
}

/** Each takes up to a millisecond. */
const DISPLACED_AT_ONCE = 20
const SWEEP_AT = 10_000

export class UserQuotas {
  readonly #quotas = new Map<string, UserQuota>()
  readonly #now: () => number
  #sweepAt = SWEEP_AT

  /** @param now milliseconds of a clock that is never set */
  constructor(now: () => number) {
    this.#now = now
  }

  of(appId: string, userId: UserId, { factor }: RateTable): UserQuota {
    const name = `${appId} ${userId}`
    const known = this.#quotas.get(name)
    if (known) return known.at(workRate(factor), this.#now())
    if (this.#quotas.size >= this.#sweepAt) this.#sweep()
    const quota = new UserQuota(workRate(factor), this.#now())
    this.#quotas.set(name, quota)
    return quota
  }

  /** The socket is in use: it goes to the end of the order, and if there are too many the first ones are displaced. */
  touch(quota: UserQuota, socket: Counted, { sockets }: RateTable): void {
    quota.sockets.delete(socket)
    quota.sockets.add(socket)
    this.#displace(quota, sockets)
  }

  /** Where very many are too many, because the app's limit was lowered, others are served in between. */
  #displace(quota: UserQuota, most: number): void {
    if (quota.displaces) return
    const lowest = Math.max(most, quota.sockets.size - DISPLACED_AT_ONCE)
    for (const quietest of quota.sockets) {
      if (quota.sockets.size <= lowest) break
      quota.sockets.delete(quietest)
      quietest.displace()
    }
    if (quota.sockets.size <= most) return
    quota.displaces = true
    setImmediate(() => {
      quota.displaces = false
      this.#displace(quota, most)
    })
  }

  #sweep(): void {
    const now = this.#now()
    for (const [name, { sockets, work }] of this.#quotas)
      if (sockets.size === 0 && work.full(now)) this.#quotas.delete(name)
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#quotas.size)
  }
}
