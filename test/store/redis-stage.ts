/** A Redis for a file of tests, and what a test needs to harm one: servers of its own, and a connection that can fail. */
import { afterAll, afterEach, beforeAll } from "vitest"
import { openRedis, type RedisSettings, type RedisStore } from "../../src/store/redis/redis.ts"
import { RecordingFollower } from "./contract/rig.ts"
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts"
import { type RedisServer, startRedis } from "./redis-server.ts"

export const P = "app:0"
export const LOG = "log"
/** Generous: servers are restarted meanwhile, and the machine may be busy. */
export const DEADLINE_MS = 15_000

/** Call once per file. What a test opens is closed after it, and the server holds nothing then. */
export function redisStage() {
  let started: RedisServer | undefined
  const shared = (): RedisServer => {
    if (!started) throw new Error("no server is there before the tests")
    return started
  }
  beforeAll(async () => {
    started = await startRedis()
  })
  afterAll(() => started?.stop())

  const cleanups: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    await shared().cli("flushall")
  })
  return {
    get server() {
      return shared()
    },
    cleanups,
    async open(settings: Partial<RedisSettings> = {}): Promise<RedisStore> {
      const store = await openRedis({ url: shared().url, ...settings })
      cleanups.push(() => store.close())
      return store
    },
    async ownServer(): Promise<RedisServer> {
      const own = await startRedis()
      cleanups.push(() => own.stop())
      return own
    },
    async throughProxy(to = shared()): Promise<{ proxy: FaultProxy; url: string }> {
      const proxy = await startFaultProxy(to.port)
      cleanups.push(() => proxy.close())
      return { proxy, url: `redis://127.0.0.1:${proxy.port}` }
    },
    async follow(store: RedisStore, log = LOG) {
      const follower = new RecordingFollower(DEADLINE_MS)
      return { follower, following: await store.follow(P, log, follower) }
    },
  }
}
