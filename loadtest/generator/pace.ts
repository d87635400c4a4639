/** An open loop: sends fall due at random moments of a fixed mean rate, whatever the answers do. */
import { Histogram } from "../check/histogram.ts"

const TICK_MS = 1

/** Reproducible: every target of a round gets the same moments. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export class Pace {
  readonly #gapMs: number
  readonly #due: (intended: number) => void
  readonly #random = random(20_001)
  readonly late = new Histogram()
  #timer: NodeJS.Timeout | undefined
  #next = 0

  constructor(perSecond: number, due: (intended: number) => void) {
    this.#gapMs = 1000 / perSecond
    this.#due = due
  }

  start(): void {
    this.#next = performance.now() + this.#gap()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const now = performance.now()
    while (this.#next <= now) {
      this.late.record(performance.now() - this.#next)
      this.#due(this.#next)
      this.#next += this.#gap()
    }
  }

  #gap(): number {
    return -Math.log(1 - this.#random()) * this.#gapMs
  }
}
