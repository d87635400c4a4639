/** What lies in Redis, by kinds of keys: names without their ids, and the memory of all keys of that kind. */
import { Redis } from "ioredis"

export interface KeyGroup {
  readonly name: string
  readonly keys: number
  readonly bytes: number
}

const AT_ONCE = 500

/** Prefixed ids, hashes and numbers become stars: what is left tells the kind. */
const kindOf = (key: string): string =>
  key
    .replace(/[a-z]{3}_[A-Za-z0-9_-]+/g, "*")
    .replace(/(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{16,}/g, "*")
    .replace(/\d+/g, "*")

export async function keyGroups(url: string): Promise<readonly KeyGroup[]> {
  const redis = new Redis(url)
  try {
    const groups = new Map<string, { keys: number; bytes: number }>()
    for await (const found of redis.scanStream({ count: AT_ONCE })) {
      // The boundary: SCAN may name a key twice only while keys come and go, which none does now.
      const keys = found as string[]
      const sizes = await Promise.all(keys.map((key) => redis.call("memory", "usage", key, "samples", "0")))
      keys.forEach((key, index) => {
        const group = groups.get(kindOf(key)) ?? { keys: 0, bytes: 0 }
        group.keys += 1
        group.bytes += Number(sizes[index])
        groups.set(kindOf(key), group)
      })
    }
    return [...groups].map(([name, group]) => ({ name, ...group })).sort((a, b) => b.bytes - a.bytes)
  } finally {
    redis.disconnect()
  }
}
