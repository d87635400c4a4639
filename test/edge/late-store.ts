/** A real store whose followers hear late, on command, what can be read already: the seam between reading and following. */
import type { Store } from "../../src/store/contract.ts"

export interface LateStore {
  readonly store: Store
  /** From now on what is announced waits. */
  hold(): void
  /** What waits is heard, in order, and everything after it at once. */
  flush(): void
}

export function lateStore(real: Store): LateStore {
  let waiting: (() => void)[] | undefined
  const soon = (tell: () => void): void => {
    if (waiting) waiting.push(tell)
    else tell()
  }
  return {
    store: {
      ...real,
      follow: (partition, log, follower) =>
        real.follow(partition, log, {
          entry: (entry) => soon(() => follower.entry(entry)),
          broken: () => soon(() => follower.broken()),
        }),
    },
    hold() {
      waiting ??= []
    },
    flush() {
      const received = waiting ?? []
      waiting = undefined
      for (const tell of received) tell()
    },
  }
}
