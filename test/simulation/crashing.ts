/**
 * A node that dies in the middle: around the real store, some commits reject with `StoreUnavailable` – before they were
 * made, or after, so that the caller cannot know ([S13]). Whatever the caller had in mind to do next does not happen.
 */
import { type Store, StoreUnavailable } from "../../src/store/contract.ts"
import type { Chance } from "../acceptance/random.ts"

/** @param one of so many commits fails, on either side of it */
export function crashing(store: Store, chance: Chance, one: number): Store {
  return {
    ...store,
    async commit(partition, change) {
      const mergeState = chance.below(one)
      if (mergeState === 0) throw new StoreUnavailable("died before the commit")
      const outcome = await store.commit(partition, change)
      if (mergeState === 1) throw new StoreUnavailable("died after the commit")
      return outcome
    },
  }
}
