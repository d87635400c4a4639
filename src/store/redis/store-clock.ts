/**
 * [S16] Redis' clock, computed without a call: the last answer to `TIME` plus what the process's own monotonic clock has
 * measured since. The answer took time to arrive, and an allowance for clock drift is subtracted, so the result is never
 * ahead of the server: what is dated by it comes before what the server dates afterwards.
 */
import type { RedisClient } from "./connect.ts"
import type { RetryingClient } from "./retrying-client.ts"

const ASK_EVERY_MS = 2_000
/** Allowance for the difference in speed of two clocks: more than time synchronization permits. */
const DRIFT = 0.001
/** An answer this much earlier than expected is believed: the server's clock was set back, or it is another server. */
const STEP_MS = 1_000

export class StoreClock {
  readonly #link: RetryingClient
  /** The server's clock minus the monotonic clock, in milliseconds, as measured at `#asked` (monotonic). */
  #ahead = 0
  #asked: number | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(link: RetryingClient) {
    this.#link = link
  }

  /** Milliseconds. */
  now(): number {
    const steady = performance.now()
    return Math.floor(steady + this.#aheadAt(steady))
  }

  /** Asks now, and then every two seconds. Rejects if Redis does not answer the first time. */
  async start(): Promise<void> {
    await this.measure()
    this.#timer = setInterval(() => this.again(), ASK_EVERY_MS).unref()
  }

  /** While Redis is away the connections report it, and the steady clock goes on. */
  again(): void {
    this.measure().catch(() => undefined)
  }

  async measure(): Promise<void> {
    if (this.#closed) return
    const [seconds, micros] = await this.#link.withRetry((client: RedisClient) => client.time())
    const steady = performance.now()
    const ahead = Number(seconds) * 1000 + Number(micros) / 1000 - steady
    const known = this.#asked === undefined ? Number.NEGATIVE_INFINITY : this.#aheadAt(steady)
    // An answer can only be too low, by the time that it took to arrive: the higher of the two is better.
    this.#ahead = known - ahead < STEP_MS ? Math.max(ahead, known) : ahead
    this.#asked = steady
  }

  stop(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  #aheadAt(steady: number): number {
    return this.#ahead - (steady - (this.#asked ?? steady)) * DRIFT
  }
}
