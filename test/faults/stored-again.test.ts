/**
 * A commit whose answer was lost in a fail-over is sent again, and may be stored a second time, where the store lost the
 * first: at another time, and among others. It is another entry then, and who heard the first is told [S6] [S10].
 */
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Entry } from "../../src/store/contract.ts"
import { openRedis, type RedisStore } from "../../src/store/redis/redis.ts"
import { eventually } from "./eventually.ts"
import { type Pair, startPair } from "./pair.ts"

const TEST_DEADLINE_MS = 30_000
const PARTITION = "app_again:0"
const LOG = "feed"

let pair: Pair
let writer: RedisStore
let listener: RedisStore
beforeAll(async () => {
  pair = await startPair(2)
  const [first, second] = pair.doors.map(({ port }) => `redis://127.0.0.1:${port}`)
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
    const [door] = pair.doors
    if (!door) throw new Error("two doors")
    const heard: (Entry | "broken")[] = []
    await listener.follow(PARTITION, LOG, {
      entry: (entry) => void heard.push(entry),
      broken: () => void heard.push("broken"),
    })
    await writer.commit(PARTITION, append("before"))
    await eventually("the first entry", () => heard.length === 1)
    await pair.replicated()
    await pair.sever()
    door.fault = "mute"
    const commit = writer.commit(PARTITION, append("once"))
    await eventually("an entry whose commit has no answer", () => heard.length === 2)
    door.fault = "none"
    await pair.failOver()
    expect(await commit).toMatchObject({ kind: "committed", n: [2] })
    await eventually("a follower that was told", () => heard.length > 2)
    expect(heard[2]).toBe("broken")
    const [, lost] = heard
    const [, stored] = await listener.read(PARTITION, LOG, { after: { at: 0, n: 0 }, limit: 9 })
    expect(stored).toMatchObject({ n: 2, value: lost !== "broken" && lost?.value })
    expect(stored?.tag).not.toBe(lost !== "broken" && lost?.tag)
    expect((await listener.read(PARTITION, LOG, { after: { at: 0, n: 0 }, limit: 9 })).length).toBe(2)
  },
  TEST_DEADLINE_MS,
)
