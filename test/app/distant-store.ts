/** A store as far away as Redis: what is asked in one round travels together, and each round is a journey. */
import type { Store } from "../../src/store/contract.ts"

export interface Distant {
  readonly store: Store
  /** Journeys since it was asked last. */
  rounds(): number
}

export function distant(store: Store): Distant {
  let rounds = 0
  let leaving: Promise<void> | undefined
  const travelling = async <T>(ask: () => Promise<T>): Promise<T> => {
    leaving ??= new Promise((resolve) =>
      setImmediate(() => {
        rounds += 1
        leaving = undefined
        resolve()
      }),
    )
    await leaving
    const answer = await ask()
    // All answers of a round are there before the next one begins.
    await new Promise(setImmediate)
    return answer
  }
  return {
    store: {
      ...store,
      load: (...asked) => travelling(() => store.load(...asked)),
      read: (...asked) => travelling(() => store.read(...asked)),
      head: (...asked) => travelling(() => store.head(...asked)),
      rank: (...asked) => travelling(() => store.rank(...asked)),
      rankTogether: (...asked) => travelling(() => store.rankTogether(...asked)),
      size: (...asked) => travelling(() => store.size(...asked)),
      findResults: (...asked) => travelling(() => store.findResults(...asked)),
      commit: (...asked) => travelling(() => store.commit(...asked)),
    },
    rounds() {
      const taken = rounds
      rounds = 0
      return taken
    },
  }
}
