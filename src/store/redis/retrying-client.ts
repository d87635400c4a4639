/**
 * Calls Redis, and repeats a call whose outcome a lost connection left unknown: for a bounded time, then
 * `StoreUnavailable` ([S13]).
 */
import { setTimeout as delay } from "node:timers/promises"
import { StoreUnavailable } from "../contract.ts"
import type { RedisClient } from "./connect.ts"
import { NotReplicated } from "./replication.ts"

/** For how long a call is repeated. With the time-out of the last try a caller waits 6 s at most. */
const RETRY_DEADLINE_MS = 3_500
const RETRY_PAUSE_MS = 100

/** Redis answers that it cannot do it at the moment: worth trying again within seconds. */
const PASSING = /^(READONLY|LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|NOREPLICAS|BUSY|MOVED|ASK|UNBLOCKED)\b/
/** Redis refuses until an operator does something: not worth trying again within seconds. */
const REFUSED = /^(OOM|MISCONF|NOAUTH|WRONGPASS|NOPERM|WRONGTYPE)\b/

function kindOf(error: unknown): "lost" | "refused" | "wrong" {
  if (!(error instanceof Error)) return "wrong"
  // The replicas were waited for already.
  if (error instanceof NotReplicated) return "refused"
  if (PASSING.test(error.message)) return "lost"
  if (REFUSED.test(error.message)) return "refused"
  // Any other error reply of Redis is a mistake in the hub, and so is a TypeError; the rest is the network.
  const ours = error.name === "ReplyError" || error instanceof TypeError || error instanceof RangeError
  return ours ? "wrong" : "lost"
}

function away(why: unknown): StoreUnavailable {
  if (why instanceof StoreUnavailable) return why
  const message = why instanceof Error ? why.message : String(why)
  const what = REFUSED.test(message) ? "Redis refuses" : "Redis cannot be reached"
  return new StoreUnavailable(`${what}: ${message}`, { cause: why })
}

export class RetryingClient {
  readonly #writer: RedisClient
  #closed = false
  #pause: Promise<void> | undefined

  constructor(writer: RedisClient) {
    this.#writer = writer
  }

  /** The call must do no harm when it is made twice. */
  async withRetry<T>(question: (writer: RedisClient) => Promise<T>): Promise<T> {
    const end = performance.now() + RETRY_DEADLINE_MS
    for (;;) {
      if (this.#closed) throw away("the store is closed")
      try {
        return await question(this.#writer)
      } catch (error) {
        const verdict = kindOf(error)
        if (verdict === "wrong") throw error
        if (verdict === "refused" || performance.now() + RETRY_PAUSE_MS > end) throw away(error)
      }
      await this.#backoff()
    }
  }

  close(): void {
    this.#closed = true
    this.#writer.disconnect()
  }

  /** One timer for all waiting calls, because under load an outage would otherwise start thousands. */
  #backoff(): Promise<void> {
    this.#pause ??= delay(RETRY_PAUSE_MS * (0.5 + Math.random() / 2)).then(() => {
      this.#pause = undefined
    })
    return this.#pause
  }
}

/** No answer came in time: the connection itself may be dead. */
export class NoAnswer extends StoreUnavailable {}

/** [S13] For promises of ioredis that may stay open for as long as the server is silent. */
export function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new NoAnswer(`Redis cannot be reached: no answer within ${milliseconds} ms`)),
      milliseconds,
    )
    const inTime =
      <Outcome>(settle: (outcome: Outcome) => void) =>
      (outcome: Outcome): void => {
        clearTimeout(timer)
        settle(outcome)
      }
    work.then(inTime(resolve), inTime(reject))
  })
}
