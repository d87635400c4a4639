/**
 * A store whose calls another store is asked, too. What would be written there is refused, because it expects a record
 * that never was [S2]; so the other store's own code runs, and nothing in it changes.
 */
import type { Change, Store } from "./contract.ts"

export interface AskedBeside {
  readonly store: Store
  /** Resolves when the other store has answered everything, or has not in time [S13]. */
  settled(): Promise<void>
}

export function askedBeside(store: Store, other: Store): AskedBeside {
  const asked: Promise<unknown>[] = []
  // The caller does not wait for the other's answers, and where it does not answer, readiness tells.
  const ask = (answer: Promise<unknown>): void => void asked.push(answer.catch(() => undefined))
  return {
    store: {
      ...store,
      load(...given) {
        ask(other.load(...given))
        return store.load(...given)
      },
      read(...given) {
        ask(other.read(...given))
        return store.read(...given)
      },
      head(...given) {
        ask(other.head(...given))
        return store.head(...given)
      },
      rank(...given) {
        ask(other.rank(...given))
        return store.rank(...given)
      },
      rankTogether(...given) {
        ask(other.rankTogether(...given))
        return store.rankTogether(...given)
      },
      commit(partition, change) {
        ask(other.commit(partition, refused(change)))
        return store.commit(partition, change)
      },
    },
    async settled() {
      await Promise.all(asked)
    },
  }
}

/** No store ever gives this version. */
const NEVER = 1

/** `founded` would be refused as well, but as if the store had been emptied [S15]. */
const refused = (change: Change): Change => ({
  ...change,
  founded: false,
  expect: [...(change.expect ?? []), ["never", NEVER]],
})
