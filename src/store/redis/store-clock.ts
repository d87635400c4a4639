/**
 * [S16] Redis' clock as this process knows it, without asking each time: what `TIME` said last, and what the process's
 * own steady clock has measured since. The reply was under way for a while, and clocks run at slightly different speeds,
 * so it is never ahead of the server: what is dated by it comes before what the server then dates itself.
 */
import type { Client } from "./connect.ts"
import type { RetryingClient } from "./retrying-client.ts"

const ASK_EVERY_MS = 2_000
/** No clock that is kept in step by anybody runs faster or slower than this. */
const DRIFT = 0.001
/** An answer that is so much earlier than was known comes from a server whose clock was set back, or from another one. */
const STEP_MS = 1_000

export class StoreClock {
  readonly #link: RetryingClient
  /** The server's time less that of the steady clock, as it was at `#asked` of the steady clock. */
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

  /** Asks now, and from then on every other second. Rejects where Redis does not answer. */
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
    const [seconds, micros] = await this.#link.withRetry((client: Client) => client.time())
    const steady = performance.now()
    const ahead = Number(seconds) * 1000 + Number(micros) / 1000 - steady
    const known = this.#asked === undefined ? Number.NEGATIVE_INFINITY : this.#aheadAt(steady)
    // Both are too low, if anything: of two answers the later time is the better one.
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
