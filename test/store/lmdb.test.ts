import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { contractSuite } from "./contract.ts"

contractSuite("lmdb", async () => {
  const dir = await mkdtemp(join(tmpdir(), "tributary-lmdb-"))
  let store = await openLmdb({ dir })
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openLmdb({ dir })
      return store
    },
    close: async () => {
      await store.close()
      await rm(dir, { recursive: true })
    },
  }
})
