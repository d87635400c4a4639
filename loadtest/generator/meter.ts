/** Counts what a generator's devices see: since the last report, and over the whole time that is measured. */
import { Histogram } from "../check/histogram.ts"
import type { Progress } from "./job.ts"

class Counter {
  accepted = 0
  delivered = 0
  readonly answers = new Histogram()
  readonly deliveries = new Histogram()

  progress(): Progress {
    return {
      accepted: this.accepted,
      delivered: this.delivered,
      answers: this.answers.counts(),
      deliveries: this.deliveries.counts(),
    }
  }

  clear(): void {
    this.accepted = 0
    this.delivered = 0
    this.answers.clear()
    this.deliveries.clear()
  }
}

export class Meter {
  readonly #report = new Counter()
  readonly #whole = new Counter()
  #measuring = false

  accepted(ms: number): void {
    this.#report.accepted += 1
    this.#report.answers.record(ms)
    if (!this.#measuring) return
    this.#whole.accepted += 1
    this.#whole.answers.record(ms)
  }

  delivered(ms: number): void {
    this.#report.delivered += 1
    this.#report.deliveries.record(ms)
    if (!this.#measuring) return
    this.#whole.delivered += 1
    this.#whole.deliveries.record(ms)
  }

  take(): Progress {
    const progress = this.#report.progress()
    this.#report.clear()
    return progress
  }

  begin(): void {
    this.#whole.clear()
    this.#measuring = true
  }

  end(): Progress {
    this.#measuring = false
    return this.#whole.progress()
  }
}
