/** A store that is filled once and then copied as a file: what many tests begin with costs one of them. */
import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Store } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"

export interface Filled<T> {
  readonly content: T
  /** Another store that holds the same, in the place of the copy before. */
  copy(clock?: () => number): Promise<Store>
  /** All copies end. */
  end(): Promise<void>
}

export async function filled<T>(
  fill: (store: Store) => Promise<T>,
  clock: () => number = Date.now,
): Promise<Filled<T>> {
  const folder = await mkdtemp(join(tmpdir(), "trib-copies-"))
  const stores: Store[] = []
  const first = join(folder, "first")
  const store = await openLmdb({ dir: first, clock })
  const content = await fill(store).finally(() => store.close())
  return {
    content,
    async end() {
      for (const store of stores) await store.close()
      await rm(folder, { recursive: true, force: true })
    },
    async copy(its = clock) {
      // One is open at a time: whoever asks for the next has done with it.
      await stores.pop()?.close()
      const dir = join(folder, "copy")
      await rm(dir, { recursive: true, force: true })
      await cp(first, dir, { recursive: true })
      const opened = await openLmdb({ dir, clock: its })
      stores.push(opened)
      return opened
    },
  }
}
