/** A real store whose followers hear late, on command, what can be read already: the seam between reading and following. */
import type { LogKey, PartitionName, Store } from "../../src/store/contract.ts"

type IsLate = (partition: PartitionName, log: LogKey) => boolean

export interface LateStore {
  readonly store: Store
  /** From now on what is announced waits, where it is of such a log. */
  hold(which?: IsLate): void
  /** What waits is heard, in order, and everything after it at once. */
  flush(): void
}

export function lateStore(real: Store): LateStore {
  let waiting: (() => void)[] | undefined
  let isLate: IsLate = () => true
  const soon = (held: boolean, tell: () => void): void => {
    if (waiting && held) waiting.push(tell)
    else tell()
  }
  return {
    store: {
      ...real,
      follow: (partition, log, follower) =>
        real.follow(partition, log, {
          entry: (entry) => soon(isLate(partition, log), () => follower.entry(entry)),
          broken: () => soon(isLate(partition, log), () => follower.broken()),
        }),
    },
    hold(which = () => true) {
      waiting ??= []
      isLate = which
    },
    flush() {
      const received = waiting ?? []
      waiting = undefined
      for (const tell of received) tell()
    },
  }
}
