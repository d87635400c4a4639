/**
 * A commit whose answer was lost in a fail-over is sent again, and may be stored a second time, where the store lost the
 * first: at another time, and among others. It is another entry then, and who heard the first is told [S6] [S10].
 */
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Entry } from "../../src/store/contract.ts"
import { openRedis, type RedisStore } from "../../src/store/redis/redis.ts"
import { eventually } from "./eventually.ts"
import { type Pair, startPair } from "./redis-pair.ts"

const TEST_DEADLINE_MS = 30_000
const PARTITION = "app_again:0"
const LOG = "feed"

let pair: Pair
let writer: RedisStore
let listener: RedisStore
beforeAll(async () => {
  pair = await startPair(2)
  const [first, second] = pair.proxies.map(({ port }) => `redis://127.0.0.1:${port}`)
  writer = await openRedis({ url: first ?? "" })
  listener = await openRedis({ url: second ?? "" })
}, TEST_DEADLINE_MS)
afterAll(async () => {
  await writer.close()
  await listener.close()
  await pair.stop()
}, TEST_DEADLINE_MS)

const append = (text: string) => ({
  append: [{ log: LOG, value: new TextEncoder().encode(text), announce: true }],
})

test(
  "[S6] [S10] what a retry stores a second time is another entry, and a follower is told",
  async () => {
    const [proxy] = pair.proxies
    if (!proxy) throw new Error("two proxies")
    const received: (Entry | "broken")[] = []
    await listener.follow(PARTITION, LOG, {
      entry: (entry) => void received.push(entry),
      broken: () => void received.push("broken"),
    })
    await writer.commit(PARTITION, append("before"))
    await eventually("the first entry", () => received.length === 1)
    await pair.replicated()
    await pair.sever()
    proxy.fault = "mute"
    const commit = writer.commit(PARTITION, append("once"))
    await eventually("an entry whose commit has no answer", () => received.length === 2)
    proxy.fault = "none"
    await pair.failOver()
    expect(await commit).toMatchObject({ kind: "committed", n: [2] })
    await eventually("a follower that was told", () => received.length > 2)
    expect(received[2]).toBe("broken")
    const [, lost] = received
    const [, stored] = await listener.read(PARTITION, LOG, { after: { at: 0, n: 0 }, limit: 9 })
    expect(stored).toMatchObject({ n: 2, value: lost !== "broken" && lost?.value })
    expect(stored?.tag).not.toBe(lost !== "broken" && lost?.tag)
    expect((await listener.read(PARTITION, LOG, { after: { at: 0, n: 0 }, limit: 9 })).length).toBe(2)
  },
  TEST_DEADLINE_MS,
)
