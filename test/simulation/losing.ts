/**
 * A store of which one partition loses its tail, as a fail-over to a replica that lags behind loses it: what a partition
 * was given is kept, and played again, up to some commit, into a partition that takes its place.
 */
import type { Change, PartitionName, Store } from "../../src/store/contract.ts"

interface Played {
  readonly change: Change
  readonly at: number
}

export interface Losing {
  readonly store: Store
  /** The clock that the store under it must have. */
  readonly clock: () => number
  attach(under: Store): void
  /** The same past, for a copy of the store under it that is attached next. */
  fork(): Losing
  /** How many commits each partition has made. */
  commits(partition: PartitionName): number
  /** Only the first so many commits of this partition ever happened. */
  lose(partition: PartitionName, kept: number): Promise<void>
}

type Histories = ReadonlyMap<PartitionName, readonly Played[]>

export function losing(earlier: Histories = new Map(), since = 0): Losing {
  let under: Store | undefined
  let replayed: number | undefined
  let last = since
  const history = new Map<PartitionName, Played[]>()
  for (const [partition, played] of earlier) history.set(partition, [...played])
  const generations = new Map<PartitionName, number>()
  const real = (): Store => {
    if (!under) throw new Error("There is no store under it yet.")
    return under
  }
  const nameOf = (partition: PartitionName): PartitionName => {
    const generation = generations.get(partition) ?? 0
    return generation === 0 ? partition : `${partition}:${generation}`
  }
  const playedIn = (partition: PartitionName): Played[] => {
    const played = history.get(partition) ?? []
    history.set(partition, played)
    return played
  }
  return {
    clock() {
      if (replayed !== undefined) return replayed
      last = Math.max(last + 1, Date.now())
      return last
    },
    attach(store) {
      under = store
    },
    fork: () => losing(history, last),
    commits: (partition) => playedIn(partition).length,
    async lose(partition, kept) {
      const played = playedIn(partition).slice(0, kept)
      generations.set(partition, (generations.get(partition) ?? 0) + 1)
      history.set(partition, played)
      for (const { change, at } of played) {
        replayed = at
        // What it expected held then; versions are others now.
        const { expect: _, heads: __, ...rest } = change
        await real().commit(nameOf(partition), rest)
      }
      replayed = undefined
    },
    store: {
      load: (partition, keys) => real().load(nameOf(partition), keys),
      read: (partition, log, range) => real().read(nameOf(partition), log, range),
      head: (partition, log) => real().head(nameOf(partition), log),
      rank: (partition, ranking, page) => real().rank(nameOf(partition), ranking, page),
      rankTogether: (partition, rankings, page) => real().rankTogether(nameOf(partition), rankings, page),
      size: (partition, ranking) => real().size(nameOf(partition), ranking),
      findResults: (partition, ids) => real().findResults(nameOf(partition), ids),
      async commit(partition, change) {
        const done = await real().commit(nameOf(partition), change)
        if (done.kind === "committed") playedIn(partition).push({ change, at: done.at })
        return done
      },
      follow: (partition, log, follower) => real().follow(nameOf(partition), log, follower),
      now: () => real().now(),
      ping: () => real().ping(),
      close: () => real().close(),
    },
  }
}
