/** A store that counts what it is asked for and how much it answers. */
import type { Store } from "../../src/store/contract.ts"

export interface Counts {
  calls: number
  records: number
  entries: number
  members: number
}

export interface Counting {
  readonly store: Store
  /** Since it was asked last. */
  take(): Counts
}

export function counting(store: Store): Counting {
  const none = (): Counts => ({ calls: 0, records: 0, entries: 0, members: 0 })
  let counts = none()
  const count = async <T>(call: Promise<T>, what: keyof Counts, many: (result: T) => number): Promise<T> => {
    counts.calls += 1
    const result = await call
    counts[what] += many(result)
    return result
  }
  const length = (result: readonly unknown[]): number => result.length
  return {
    store: {
      ...store,
      load: (...asked) => count(store.load(...asked), "records", length),
      read: (...asked) => count(store.read(...asked), "entries", length),
      head: (...asked) => count(store.head(...asked), "entries", (head) => (head ? 1 : 0)),
      rank: (...asked) => count(store.rank(...asked), "members", length),
      rankTogether: (...asked) => count(store.rankTogether(...asked), "members", length),
      size: (...asked) => count(store.size(...asked), "members", () => 1),
      findResults: (...asked) => count(store.findResults(...asked), "records", length),
      commit: (...asked) => count(store.commit(...asked), "records", () => 0),
    },
    take() {
      const taken = counts
      counts = none()
      return taken
    },
  }
}
