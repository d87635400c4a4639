/** [S9] Who follows which log, in this process: LMDB has one writing process, so there are no others. */
import type { Follower, Following, Head, LogKey, PartitionName } from "../contract.ts"
import type { AppendedEntry } from "./apply.ts"

interface Subscription {
  readonly follower: Follower
  /** Number of the last entry known to this follower: the head it read, or the last entry delivered. */
  last: number
}

export class Followers {
  /** Partition, then log: the subscriptions of each. */
  readonly #subscriptions = new Map<PartitionName, Map<LogKey, Set<Subscription>>>()

  add(partition: PartitionName, log: LogKey, head: Head, follower: Follower): Following {
    const subscription: Subscription = { follower, last: head?.n ?? 0 }
    const logs = this.#subscriptions.get(partition) ?? new Map<LogKey, Set<Subscription>>()
    this.#subscriptions.set(partition, logs)
    const subscriptions = logs.get(log) ?? new Set<Subscription>()
    logs.set(log, subscriptions)
    subscriptions.add(subscription)
    const stop = () => {
      subscriptions.delete(subscription)
      if (subscriptions.size === 0 && logs.get(log) === subscriptions) logs.delete(log)
    }
    return { head, stop }
  }

  /** Called in the order of the logs, after the entries are on disk. */
  announce({ partition, log, entry }: AppendedEntry): void {
    const subscriptions = this.#subscriptions.get(partition)?.get(log)
    if (subscriptions === undefined) return
    // A copy: callbacks may stop this follower or others, or begin to follow.
    for (const subscription of [...subscriptions]) {
      // Committed but not yet on disk when the follower looked: its head covers it already.
      if (entry.n <= subscription.last || !subscriptions.has(subscription)) continue
      subscription.last = entry.n
      subscription.follower.entry(entry)
    }
  }

  clear(): void {
    for (const logs of this.#subscriptions.values())
      for (const subscriptions of logs.values()) subscriptions.clear()
    this.#subscriptions.clear()
  }
}
