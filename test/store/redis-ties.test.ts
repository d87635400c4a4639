/** [S8] A ranking whose ties are searched while its members go: the search begins again, and ends. */
import { Redis } from "ioredis"
import { afterEach, beforeEach, expect, test } from "vitest"
import { type Ranked, StoreUnavailable } from "../../src/store/contract.ts"
import { rankingKey } from "../../src/store/redis/key-names.ts"
import { readRanking } from "../../src/store/redis/queries.ts"
import { P, redisStage } from "./redis-stage.ts"

const here = redisStage()

let redis: Redis
beforeEach(() => {
  redis = new Redis(here.server.port, "127.0.0.1")
})
afterEach(() => redis.quit())

const MEMBERS = 400
const KEY = rankingKey(P, "ties")
const nameOf = (k: number): string => `member ${String(k).padStart(5, "0")}`
const MIDDLE: Ranked = { member: nameOf(200), score: 0 }

/** Just before the rows that a search found are read, members above them leave: more than the read has margin for. */
function leaving(times: number): { client: Redis; searches: () => number } {
  let searches = 0
  let next = MEMBERS
  const client = new Proxy(redis, {
    get(target, name) {
      if (name !== "zrevrangeBuffer") {
        const value: unknown = Reflect.get(target, name)
        return typeof value === "function" ? value.bind(target) : value
      }
      return async (key: string, from: number, to: number, scores: "WITHSCORES") => {
        if (to > from) {
          searches += 1
          if (searches <= times) {
            const gone = Array.from({ length: 10 }, (_, k) => nameOf(next - k))
            next -= gone.length
            await redis.zrem(key, ...gone)
          }
        }
        return target.zrevrangeBuffer(key, from, to, scores)
      }
    },
  })
  return { client, searches: () => searches }
}

const enter = () =>
  redis.zadd(KEY, ...Array.from({ length: MEMBERS }, (_, k) => [0, nameOf(k + 1)] as const).flat())

test("members that leave during a few searches make none below them be skipped", async () => {
  await enter()
  const { client, searches } = leaving(4)
  const found = await readRanking(client, P, "ties", { before: MIDDLE, limit: 3 })
  expect(found.map(({ member }) => member)).toEqual([nameOf(199), nameOf(198), nameOf(197)])
  expect(searches()).toBe(5)
})

test("members that leave during each search: the read ends, to be asked again", async () => {
  await enter()
  const { client, searches } = leaving(Number.POSITIVE_INFINITY)
  const found = readRanking(client, P, "ties", { before: MIDDLE, limit: 3 })
  await expect(found).rejects.toBeInstanceOf(StoreUnavailable)
  expect(searches()).toBe(5)
})
