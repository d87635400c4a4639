import type { Redis } from "ioredis"

/**
 * All that a partition holds, byte for byte: versions, tags and times come back as they were.
 *
 * @returns puts it back, as a fail-over does that loses what was written since
 */
export async function keptPartition(redis: Redis, partition: string): Promise<() => Promise<void>> {
  const keys = async () => await redis.keys(`{${partition}}*`)
  const all = await Promise.all(
    (await keys()).map(async (key) => [key, await redis.dumpBuffer(key)] as const),
  )
  return async () => {
    await redis.del(...(await keys()))
    for (const [key, value] of all) if (value) await redis.restore(key, 0, value)
  }
}
