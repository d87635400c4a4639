/** A store whose every call takes its time, by chance that can be repeated: the same seed tries the same interleavings. */
import type { Store } from "../../src/store/contract.ts"
import type { Chance } from "../acceptance/random.ts"

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
