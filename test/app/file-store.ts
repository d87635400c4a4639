/** A store for the tests of one file: opened before the first of them, gone after the last. */
import { afterAll, beforeAll } from "vitest"
import type { Store } from "../../src/store/contract.ts"
import { temporaryStore } from "./stage.ts"

/** Call once per file, outside of its tests; inside of them the store is there. */
export function fileStore(clock?: () => number): { readonly store: Store } {
  let opened: Awaited<ReturnType<typeof temporaryStore>> | undefined
  beforeAll(async () => {
    opened = await temporaryStore(clock)
  })
  afterAll(() => opened?.close())
  return {
    get store() {
      if (!opened) throw new Error("No store is there before the tests.")
      return opened.store
    },
  }
}
