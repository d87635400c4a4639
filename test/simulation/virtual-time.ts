/**
 * Time that passes only when nothing happens: the clock stands while anybody works, and when all wait for it, it is set
 * to the first moment that somebody waits for. Days take no time, and what a link's length costs is the same on every
 * machine. While it runs it is everybody's: `Date.now`, and `setTimeout` of `node:timers/promises`.
 */
import { syncBuiltinESMExports } from "node:module"
import timers from "node:timers/promises"
import type { Store } from "../../src/store/contract.ts"

interface Waiting {
  readonly at: number
  /** Somebody's work goes on then; else it only looks whether there is something to do. */
  readonly holds: boolean
  wake(): void
}

/** Promises of promises: what is not settled after so many turns of the loop waits for the clock. */
const QUIET_TURNS = 4

export class VirtualTime {
  #now: number
  #working = 0
  /** By time; who came first goes first. */
  readonly #waiting: Waiting[] = []

  constructor(began = Date.UTC(2030, 0, 1)) {
    this.#now = began
  }

  readonly now = (): number => this.#now

  /** @param holds what a process would stay alive for: to the next of these the clock leaps, and the others are woken on the way once */
  sleep(milliseconds: number, holds = true): Promise<void> {
    return new Promise((wake) => {
      const at = this.#now + Math.max(0, milliseconds)
      const before = this.#waiting.findIndex((other) => other.at > at)
      this.#waiting.splice(before < 0 ? this.#waiting.length : before, 0, { at, holds, wake })
    })
  }

  /** Plays to the end of the work; what it left to be done in the background is done, too. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const real = { now: Date.now, setTimeout: timers.setTimeout }
    Date.now = this.now
    // The boundary: of its many shapes the hub uses this one.
    timers.setTimeout = ((milliseconds = 0, value?: unknown, { ref = true }: { ref?: boolean } = {}) =>
      this.sleep(milliseconds, ref).then(() => value)) as typeof timers.setTimeout
    syncBuiltinESMExports()
    try {
      let over = false
      const done = work().finally(() => {
        over = true
      })
      // Whoever fails is heard of below.
      done.catch(() => undefined)
      while (!over) await this.#step()
      return await done
    } finally {
      Date.now = real.now
      timers.setTimeout = real.setTimeout
      syncBuiltinESMExports()
    }
  }

  async #step(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#working > 0) turns = -1
    }
    const next = this.#waiting.find(({ holds }) => holds) ?? this.#waiting[0]
    if (!next) return
    this.#now = Math.max(this.#now, next.at)
    for (const one of this.#waiting.splice(0, this.#waiting.indexOf(next) + 1)) one.wake()
  }

  /** A store as far away as that: each call takes so long to get there, and its answer to come back. */
  distant(store: Store, milliseconds: number): Store {
    const far = async <T>(call: () => Promise<T>): Promise<T> => {
      if (milliseconds > 0) await this.sleep(milliseconds)
      this.#working += 1
      const result = await call().finally(() => {
        this.#working -= 1
      })
      if (milliseconds > 0) await this.sleep(milliseconds)
      return result
    }
    return {
      ...store,
      load: (...asked) => far(() => store.load(...asked)),
      read: (...asked) => far(() => store.read(...asked)),
      head: (...asked) => far(() => store.head(...asked)),
      rank: (...asked) => far(() => store.rank(...asked)),
      rankTogether: (...asked) => far(() => store.rankTogether(...asked)),
      size: (...asked) => far(() => store.size(...asked)),
      findResults: (...asked) => far(() => store.findResults(...asked)),
      commit: (...asked) => far(() => store.commit(...asked)),
    }
  }
}
