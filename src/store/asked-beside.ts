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
  const both =
    <Given extends unknown[], T>(call: (...given: Given) => Promise<T>, beside: typeof call): typeof call =>
    (...given) => {
      ask(beside(...given))
      return call(...given)
    }
  return {
    store: {
      ...store,
      load: both(store.load, other.load),
      read: both(store.read, other.read),
      head: both(store.head, other.head),
      rank: both(store.rank, other.rank),
      rankTogether: both(store.rankTogether, other.rankTogether),
      commit: both(store.commit, (partition, change) => other.commit(partition, refused(change))),
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
