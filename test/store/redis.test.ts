/** The contract over one Redis. */
import { afterAll, beforeAll } from "vitest"
import { ALONE, contractSuite } from "./contract-suite.ts"
import { openEmpty } from "./empty-redis.ts"
import { type RedisServer, startRedis } from "./redis-server.ts"

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

contractSuite("redis", () => openEmpty(server.url), { layout: ALONE })
