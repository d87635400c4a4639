/** Reports the first failure at once, and further ones as a count every 30 seconds: an outage is a few lines, not a flood. */

const EVERY_MS = 30_000

export class SparseReport {
  readonly #report: (error: unknown) => void
  readonly #now: () => number
  #reported = Number.NEGATIVE_INFINITY
  #unsaid = 0

  constructor(report: (error: unknown) => void, now: () => number = () => performance.now()) {
    this.#report = report
    this.#now = now
  }

  failed(error: unknown): void {
    const now = this.#now()
    if (now - this.#reported < EVERY_MS) {
      this.#unsaid += 1
      return
    }
    const count = this.#unsaid
    this.#reported = now
    this.#unsaid = 0
    if (count === 0) this.#report(error)
    else
      this.#report(new Error(`${messageOf(error)} – and ${count} more since the last line`, { cause: error }))
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
