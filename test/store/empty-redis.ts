/** Redis as the contract's suite opens it: each test under a prefix that no other has, so that nothing need be emptied. */
import { randomUUID } from "node:crypto"
import { openRedis } from "../../src/store/redis/redis.ts"
import type { Opened } from "./contract-suite.ts"

export async function openEmpty(url: string): Promise<Opened> {
  const prefix = randomUUID()
  let store = await openRedis({ url, prefix })
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openRedis({ url, prefix })
      return store
    },
    close: () => store.close(),
  }
}
