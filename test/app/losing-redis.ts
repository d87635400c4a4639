/** A store over a Redis of its own that can lose what was written to a partition, as a fail-over does. */
import { Redis } from "ioredis"
import { afterAll, beforeAll } from "vitest"
import type { Store } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"

export interface LosingRedis {
  readonly store: Store
  /**
   * Keeps all that a partition holds, byte for byte: versions, tags and times come back as they were.
   *
   * @returns puts it back: what was written since is lost
   */
  keep(partition: string): Promise<() => Promise<void>>
}

/** Started before the tests of the file, and ended after them. */
export function losingRedis(): () => LosingRedis {
  let started: { readonly server: RedisServer; readonly direct: Redis; readonly store: Store } | undefined
  beforeAll(async () => {
    const server = await startRedis()
    started = { server, direct: new Redis(server.url), store: await openRedis({ url: server.url }) }
  })
  afterAll(async () => {
    started?.direct.disconnect()
    await started?.store.close()
    await started?.server.stop()
  })
  return () => {
    if (!started) throw new Error("It is started before the tests.")
    const { store, direct } = started
    return { store, keep: (partition) => keep(direct, partition) }
  }
}

async function keep(redis: Redis, partition: string): Promise<() => Promise<void>> {
  const keys = async () => await redis.keys(`{${partition}}*`)
  const all = await Promise.all(
    (await keys()).map(async (key) => [key, await redis.dumpBuffer(key)] as const),
  )
  return async () => {
    await redis.del(...(await keys()))
    for (const [key, value] of all) if (value) await redis.restore(key, 0, value)
  }
}
