/**
 * Lets devices read histories only while there is credit for it. What a read costs is known only afterwards, so the cost of a
 * whole state is reserved before. Where the credit of the user or the address does not cover it, the device waits until an
 * earlier read has ended or enough credit was earned.
 */

import type { App } from "../../app/app.ts"
import type { Clock } from "../../lib/clock.ts"
import type { UserId } from "../../protocol/branded.ts"
import { rateTable } from "../../protocol/command-rates.ts"
import { HubError } from "../../protocol/errors.ts"
import type { AddressQuota } from "../socket/address-quotas.ts"
import type { UserQuotas } from "../socket/user-quotas.ts"
import { WHOLE_STATE } from "../socket/work.ts"
import type { WorkCredit } from "../socket/work-credit.ts"

/** Reads of one user or address that wait at the same time, for example when an office reconnects after a deploy. */
const MAX_WAITING = 250
const MAX_WAIT_MS = 10_000
/** The shortest time between two checks of the credit. */
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

/** What this file needs of a session. */
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
  /** One for each credit for which devices are reading or waiting. */
  readonly #queues = new Map<WorkCredit, AdmissionQueue>()

  constructor(clock: Clock, quotas: UserQuotas) {
    this.#clock = clock
    this.#quotas = quotas
  }

  /**
   * Reads a history as soon as there is credit for it. A fresh visitor has no history, and does not wait.
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
      // Later, when the answer has been written and charged: until then the reservation holds.
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
