/** The contract over a Redis Cluster, and a node of it that dies. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { StoreUnavailable } from "../../src/store/contract.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { RecordingFollower, say, texts } from "./contract/rig.ts"
import { contractSuite, SPREAD } from "./contract-suite.ts"
import { openEmpty } from "./empty-redis.ts"
import { type RedisCluster, startCluster } from "./redis-server.ts"

const LOG = "log"
/** Generous: a node is restarted meanwhile, and the machine may be busy. */
const DEADLINE_MS = 15_000

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster()
}, 60_000)
afterAll(() => cluster.stop())

// One Redis plays the app of one partition; what a cluster adds is that four lie on several nodes.
contractSuite("redis cluster", () => openEmpty(cluster.url), { layout: SPREAD })

test("[S9] [S13] a killed node comes back, and followers of its slots miss nothing", {
  timeout: 4 * DEADLINE_MS,
}, async () => {
  const store = await openRedis({ url: cluster.url })
  const partitions = ["app:0", "app:1", "app:2", "app:3", "app:4", "app:5"]
  const followers = await Promise.all(
    partitions.map(async (partition) => {
      const follower = new RecordingFollower(2 * DEADLINE_MS)
      await store.follow(partition, LOG, follower)
      await say(store, partition, LOG, "before")
      return follower
    }),
  )
  const [node] = cluster.nodes
  await node?.kill()
  await Promise.allSettled(partitions.map((partition) => store.head(partition, LOG)))
  await node?.restart()
  const sayAfter = async (partition: string): Promise<void> => {
    await say(store, partition, LOG, "after").catch((error: unknown) => {
      if (error instanceof StoreUnavailable) return sayAfter(partition)
      throw error
    })
  }
  await Promise.all(partitions.map(sayAfter))
  await Promise.all(followers.map((follower) => follower.received("after")))
  for (const follower of followers)
    expect([texts(follower.entries), follower.breaks]).toEqual([["before", "after"], 0])
  await store.close()
})
