/**
 * A device that comes in reads a history, and what that costs is known afterwards. So it is set aside before: where the
 * credit of its user or of its address does not cover it, the device waits for those before it, or for what is earned
 * meanwhile.
 */

import type { App } from "../../app/app.ts"
import type { Clock } from "../../lib/clock.ts"
import type { UserId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"
import { rateTable } from "../../protocol/rate-limits.ts"
import type { AddressQuota } from "../socket/address-quotas.ts"
import type { UserQuotas } from "../socket/user-quotas.ts"
import { WHOLE_STATE } from "../socket/work.ts"
import type { WorkCredit } from "../socket/work-credit.ts"

/** Of one user or address at the same time; an office that comes back after a deploy is let in one after another. */
const MAX_WAITING = 250
const MAX_WAIT_MS = 10_000
/** The shortest time between two looks at the credit. */
const LOOK_MS = 10

interface Waiting {
  readonly until: number
  readonly begin: () => void
  readonly refuse: () => void
}

class AdmissionQueue {
  readonly #credit: WorkCredit
  readonly #clock: Clock
  readonly #waiting: Waiting[] = []
  #inside = 0
  #looks = false

  constructor(credit: WorkCredit, clock: Clock) {
    this.#credit = credit
    this.#clock = clock
  }

  get unused(): boolean {
    return this.#inside === 0 && this.#waiting.length === 0
  }

  /** @throws HubError `rate_limited` */
  async enter(): Promise<void> {
    const now = this.#clock.now()
    if (this.#waiting.length === 0 && this.#covers(now)) {
      this.#inside += 1
      return
    }
    if (this.#waiting.length >= MAX_WAITING) throw tooMany(this.#credit.wait(now))
    await new Promise<void>((begin, reject) => {
      const refuse = (): void => reject(tooMany(this.#credit.wait(this.#clock.now())))
      this.#waiting.push({ until: now + MAX_WAIT_MS, begin, refuse })
      this.#look()
    })
  }

  leave(): void {
    this.#inside -= 1
    this.#look()
  }

  #covers(now: number): boolean {
    return this.#credit.balance(now) >= this.#inside * WHOLE_STATE
  }

  #look(): void {
    const now = this.#clock.now()
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const covered = this.#covers(now)
      if (!covered && now < next.until) break
      this.#waiting.shift()
      if (covered) {
        this.#inside += 1
        next.begin()
      } else next.refuse()
    }
    if (this.#waiting.length === 0 || this.#looks) return
    this.#looks = true
    this.#clock.after(Math.max(LOOK_MS, Math.min(this.#credit.wait(now), MAX_WAIT_MS)), () => {
      this.#looks = false
      this.#look()
    })
  }
}

const tooMany = (wait: number): HubError =>
  new HubError("rate_limited", "Too much is read for this user or address.", Math.max(1_000, wait))

/** A session, as far as it matters here. */
interface HistoryReader {
  readonly app: App
  readonly closed: boolean
  readonly transport: { readonly address: AddressQuota }
}

interface ReadOwner {
  readonly userId: UserId
  readonly fresh?: boolean
}

export class ReadAdmission {
  readonly #clock: Clock
  readonly #quotas: UserQuotas
  /** Of the credits that devices are reading for, or wait for. */
  readonly #queues = new Map<WorkCredit, AdmissionQueue>()

  constructor(clock: Clock, quotas: UserQuotas) {
    this.#clock = clock
    this.#quotas = quotas
  }

  /**
   * Reads a history when there is credit for it; a fresh visitor has none.
   *
   * @throws HubError `rate_limited`, `unavailable`
   */
  async read<T>(reader: HistoryReader, { userId, fresh }: ReadOwner, read: () => Promise<T>): Promise<T> {
    if (fresh) return read()
    const { app, transport } = reader
    const credits = [this.#quotas.of(app.id, userId, rateTable(app.settings)).work, transport.address.work]
    const passed: (() => void)[] = []
    try {
      for (const credit of credits) if (credit) passed.push(await this.#through(credit))
      if (reader.closed) throw new HubError("unavailable")
      return await read()
    } finally {
      // By then what was read has been told, and charged.
      setImmediate(() => {
        for (const leave of passed) leave()
      })
    }
  }

  async #through(credit: WorkCredit): Promise<() => void> {
    const queue = this.#queues.get(credit) ?? new AdmissionQueue(credit, this.#clock)
    this.#queues.set(credit, queue)
    const left = (): void => {
      if (queue.unused) this.#queues.delete(credit)
    }
    try {
      await queue.enter()
    } catch (error) {
      left()
      throw error
    }
    return () => {
      queue.leave()
      left()
    }
  }
}
