/** A store whose calls go in rounds: those asked while none is on its way go together, so what waits for what is counted. */
import { setImmediate as turn } from "node:timers/promises"
import type { Store } from "../../src/store/contract.ts"

export interface InRounds {
  readonly store: Store
  /** How many rounds there were since it was asked last: so often a caller far from the store waits. */
  take(): number
}

export function inRounds(store: Store): InRounds {
  let rounds = 0
  let next: Promise<void> | undefined
  let waiting: Promise<unknown>[] = []
  const begin = async (): Promise<void> => {
    await turn()
    const asked = waiting
    waiting = []
    next = undefined
    rounds += 1
    await Promise.allSettled(asked)
  }
  const together = async <T>(call: Promise<T>): Promise<T> => {
    waiting.push(call)
    next ??= begin()
    await next
    return call
  }
  return {
    store: {
      ...store,
      load: (...asked) => together(store.load(...asked)),
      read: (...asked) => together(store.read(...asked)),
      head: (...asked) => together(store.head(...asked)),
      rank: (...asked) => together(store.rank(...asked)),
      rankTogether: (...asked) => together(store.rankTogether(...asked)),
      size: (...asked) => together(store.size(...asked)),
      findResults: (...asked) => together(store.findResults(...asked)),
      commit: (...asked) => together(store.commit(...asked)),
    },
    take() {
      const taken = rounds
      rounds = 0
      return taken
    },
  }
}
