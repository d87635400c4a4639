/** [S9] Who follows which log, in this process: LMDB has one writing process, so there are no others. */
import type { Follower, Following, Head, LogKey, PartitionName } from "../contract.ts"
import type { Announcement } from "./apply.ts"

interface Subscription {
  readonly follower: Follower
  /** Number of the last entry known to this follower: the head it read, or the last entry delivered. */
  last: number
}

export class Followers {
  /** Partition, then log: the subscriptions of each. */
  readonly #ears = new Map<PartitionName, Map<LogKey, Set<Subscription>>>()

  add(partition: PartitionName, log: LogKey, head: Head, follower: Follower): Following {
    const ear: Subscription = { follower, last: head?.n ?? 0 }
    const logs = this.#ears.get(partition) ?? new Map<LogKey, Set<Subscription>>()
    this.#ears.set(partition, logs)
    const ears = logs.get(log) ?? new Set<Subscription>()
    logs.set(log, ears)
    ears.add(ear)
    const stop = () => {
      ears.delete(ear)
      if (ears.size === 0 && logs.get(log) === ears) logs.delete(log)
    }
    return { head, stop }
  }

  /** Called in the order of the logs, after the entries are on disk. */
  announce({ partition, log, entry }: Announcement): void {
    const ears = this.#ears.get(partition)?.get(log)
    if (ears === undefined) return
    // A copy: callbacks may stop this follower or others, or begin to follow.
    for (const ear of [...ears]) {
      // Committed but not yet on disk when the follower looked: its head covers it already.
      if (entry.n <= ear.last || !ears.has(ear)) continue
      ear.last = entry.n
      ear.follower.entry(entry)
    }
  }

  clear(): void {
    for (const logs of this.#ears.values()) for (const ears of logs.values()) ears.clear()
    this.#ears.clear()
  }
}
