/** What visitors leave in the store: nothing that stays for those who never wrote, and a bounded lot for those who did. */
import { afterAll, beforeAll, expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { endSession } from "../../src/app/logout.ts"
import { openRedis, type RedisStore } from "../../src/store/redis/redis.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { anonymous, newApp, person, say, signIn, UNKNOWN, visitor } from "./stage.ts"

let redis: RedisServer
let store: RedisStore
beforeAll(async () => {
  redis = await startRedis()
  store = await openRedis({ url: redis.url })
}, 60_000)
afterAll(async () => {
  await store.close()
  await redis.stop()
})

interface Key {
  readonly name: string
  /** Seconds; -1: for ever. */
  readonly ttl: number
  readonly bytes: number
}

const LOOK = `local found = {}
for _, key in ipairs(redis.call("KEYS", "*")) do
  found[#found + 1] = { key, redis.call("TTL", key), redis.call("MEMORY", "USAGE", key, "SAMPLES", "0") }
end
return cjson.encode(found)`

async function keys(): Promise<Key[]> {
  const found: unknown = JSON.parse(await redis.cli("eval", LOOK, "0"))
  if (!Array.isArray(found)) return []
  return found.map(([name, ttl, bytes]) => ({ name: String(name), ttl: Number(ttl), bytes: Number(bytes) }))
}

/** The numbers of the announcement channels are at most 64 a partition. */
const lasting = async () => (await keys()).filter(({ name, ttl }) => ttl === -1 && !/}b\d+$/.test(name))
const bytesOf = (all: readonly Key[]): number => all.reduce((sum, { bytes }) => sum + bytes, 0)

async function known(externalId: string): Promise<App> {
  const app = await newApp(store, "single", 1)
  const userId = await person(app, 0, externalId)
  await say(app, userId, `${externalId} wrote`, { proven: true })
  return app
}

test("a visitor who never wrote and signs in, on page after page, leaves nothing that stays", async () => {
  const app = await known("returning")
  const before = await lasting()
  for (let page = 0; page < 40; page += 1)
    expect((await signIn(app, anonymous(visitor(0)), "returning")).outcome).toBe("signed_in")
  const after = await lasting()
  expect(after.map(({ name }) => name).sort()).toEqual(before.map(({ name }) => name).sort())
  expect(bytesOf(after) - bytesOf(before)).toBeLessThan(200)
  const feeds = (await keys()).filter(({ name, ttl }) => name.includes("l:f:") && ttl !== -1)
  expect(feeds.length).toBe(40)
  for (const { ttl } of feeds) expect(ttl).toBeLessThanOrEqual(120)
  const retired = (await keys()).filter(({ name, ttl }) => name.includes("r:u:") && ttl > 120)
  expect(retired.length).toBe(40)
  for (const { bytes, ttl } of retired) expect([bytes < 400, ttl <= 86_400]).toEqual([true, true])
})

test("nor does a visitor who logs out, or a known person who signs in again and again", async () => {
  const app = await known("faithful")
  const before = await lasting()
  for (let page = 0; page < 20; page += 1) {
    await signIn(app, UNKNOWN, "faithful")
    await endSession(app, visitor(0), Date.now())
  }
  const after = await lasting()
  expect(after.map(({ name }) => name).sort()).toEqual(before.map(({ name }) => name).sort())
  expect(bytesOf(after) - bytesOf(before)).toBeLessThan(200)
})

test.each([
  ["4096", 14_000],
  ["1024", 7_500],
])("a visitor with one message, stream-node-max-bytes %s: at most %i bytes", async (nodeBytes, most) => {
  await redis.cli("config", "set", "stream-node-max-bytes", nodeBytes)
  const app = await newApp(store, "single", 1)
  await say(app, visitor(0), `first ${nodeBytes}`)
  const before = await lasting()
  for (let k = 0; k < 50; k += 1) await say(app, visitor(0), `hello ${nodeBytes} ${k}`)
  const each = (bytesOf(await lasting()) - bytesOf(before)) / 50
  console.log(`stream-node-max-bytes ${nodeBytes}: ${Math.round(each)} bytes a visitor with one message`)
  expect(each).toBeLessThan(most)
})
