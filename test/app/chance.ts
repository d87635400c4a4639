/** Chance that can be repeated, and a store whose every call takes its time: the same seed tries the same interleavings. */
import type { Store } from "../../src/store/contract.ts"

export interface Chance {
  /** 0 ≤ n < limit */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    pick(from) {
      const picked = from[below(from.length)]
      if (picked === undefined) throw new Error("Nothing to pick from.")
      return picked
    },
  }
}

export const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Some turns of the event loop: others go first. */
export async function turns(count: number): Promise<void> {
  for (let k = 0; k < count; k += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Every call is late by some turns, on its way and on the way back. */
export function jittered(store: Store, chance: Chance, most = 4): Store {
  const late = async <T>(call: () => Promise<T>): Promise<T> => {
    await turns(chance.below(most))
    const result = await call()
    await turns(chance.below(most))
    return result
  }
  return {
    load: (...asked) => late(() => store.load(...asked)),
    read: (...asked) => late(() => store.read(...asked)),
    head: (...asked) => late(() => store.head(...asked)),
    rank: (...asked) => late(() => store.rank(...asked)),
    rankTogether: (...asked) => late(() => store.rankTogether(...asked)),
    size: (partition, ranking) => store.size(partition, ranking),
    findResults: (...asked) => late(() => store.findResults(...asked)),
    commit: (...asked) => late(() => store.commit(...asked)),
    follow: (...asked) => store.follow(...asked),
    now: () => store.now(),
    ping: () => store.ping(),
    close: () => store.close(),
  }
}
