/** A real store whose followers hear late, on command, what can be read already: the seam between reading and following. */
import type { Head, LogKey, PartitionName, Store } from "../../src/store/contract.ts"

type IsLate = (partition: PartitionName, log: LogKey) => boolean

export interface LateStore {
  readonly store: Store
  /** From now on what is announced waits, where it is of such a log. */
  hold(which?: IsLate): void
  /** Who follows such a log is told that it lost its tail, and goes on from what they heard last. */
  lose(): void
  /** What waits is heard, in order, and everything after it at once. */
  flush(): void
}

export function lateStore(real: Store): LateStore {
  let waiting: (() => void)[] | undefined
  let isLate: IsLate = () => true
  const followed: { readonly late: () => boolean; readonly lose: () => void }[] = []
  const soon = (held: boolean, tell: () => void): void => {
    if (waiting && held) waiting.push(tell)
    else tell()
  }
  return {
    store: {
      ...real,
      async follow(partition, log, follower) {
        let last: Head
        const late = () => isLate(partition, log)
        followed.push({ late, lose: () => follower.broken(last) })
        const following = await real.follow(partition, log, {
          entry: (entry) =>
            soon(late(), () => {
              last = entry
              follower.entry(entry)
            }),
          broken: (head) => soon(late(), () => follower.broken(head)),
        })
        last ??= following.head
        return following
      },
    },
    hold(which = () => true) {
      waiting ??= []
      isLate = which
    },
    lose() {
      for (const { late, lose } of followed) if (late()) lose()
    },
    flush() {
      const received = waiting ?? []
      waiting = undefined
      for (const tell of received) tell()
    },
  }
}
