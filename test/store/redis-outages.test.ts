/** Redis that does not answer, is away, full, or comes back as another: what is committed is committed once. */
import { expect, test } from "vitest"
import { type Change, StoreUnavailable } from "../../src/store/contract.ts"
import { logKey } from "../../src/store/redis/key-names.ts"
import { openRedis, type RedisStore } from "../../src/store/redis/redis.ts"
import { bytes, committed, numbers, RecordingFollower, say, text, texts } from "./contract/rig.ts"
import { startRedis } from "./redis-server.ts"
import { DEADLINE_MS, LOG, P, redisStage } from "./redis-stage.ts"

const here = redisStage()

const once: readonly (readonly [string, Pick<Change, "id">])[] = [
  ["with an id", { id: { scope: "s", key: "k" } }],
  ["without an id", {}],
]
test.each(once)(
  "[S4] a commit %s whose answer gets lost is applied once, and answered as the first",
  async (_, id) => {
    const { follower } = await here.follow(await here.open())
    const { proxy, url } = await here.throughProxy()
    const store = await here.open({ url })
    await committed(store, P, { put: [["k", bytes("1")]] })
    const [record] = await store.load(P, ["k"])

    proxy.onAsk = (asked) => {
      if (asked.includes("evalsha")) proxy.fault = "mute"
    }
    const outcome = store.commit(P, {
      ...id,
      expect: [["k", record?.version ?? 0]],
      put: [["k", bytes("2")]],
      append: [{ log: LOG, value: bytes("once"), announce: true }],
    })
    // It is applied, and the answer does not arrive: cut.
    await follower.received("once")
    proxy.onAsk = undefined
    proxy.fault = "none"
    proxy.cut()

    const answer = await outcome
    expect(answer).toMatchObject({ kind: "committed", n: [1] })
    // [S3] What it put has a version, which went with the first answer.
    expect(answer).not.toHaveProperty("version")
    expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["once"])
  },
)

test("[S4] a frozen server is asked again, and does it once when it goes on", async () => {
  const own = await here.ownServer()
  const { proxy, url } = await here.throughProxy(own)
  const store = await here.open({ url })
  await store.ping()
  own.freeze()
  // It goes on when the commit's connection was given up and a new one greets it: then it gets both.
  let commits = 0
  proxy.onAsk = (asked) => {
    if (asked.includes("evalsha")) commits += 1
    else if (/hello/i.test(asked.toString("latin1"))) own.thaw()
  }
  const append = [{ log: LOG, value: bytes("once") }]
  expect(await store.commit(P, { append })).toMatchObject({ kind: "committed", n: [1] })
  expect(commits).toBe(2)
  expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["once"])
})

test("[S13] a connection that went silent is given up and replaced while the caller waits", async () => {
  const { proxy, url } = await here.throughProxy()
  const store = await here.open({ url })
  await say(store, P, LOG, "1")
  proxy.abandon()
  await say(store, P, LOG, "2")
  expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["1", "2"])
})

const everyCall = (store: RedisStore) => [
  store.ping(),
  store.load(P, ["k"]),
  store.read(P, LOG, { limit: 1 }),
  store.head(P, LOG),
  store.rank(P, "r", { limit: 1 }),
  store.findResults(P, [{ scope: "s", key: "k" }]),
  store.commit(P, { put: [["k", bytes("x")]] }),
  store.follow(P, "other", new RecordingFollower(DEADLINE_MS)),
]
const rejectsSoon = async (calls: readonly Promise<unknown>[]) => {
  const begun = performance.now()
  const results = await Promise.allSettled(calls)
  expect(performance.now() - begun).toBeLessThan(8_000)
  for (const result of results) {
    expect(result.status === "rejected" && result.reason).toBeInstanceOf(StoreUnavailable)
  }
}

test("[S13] killed or frozen, every call rejects within seconds; afterwards all goes on by itself", async () => {
  const own = await here.ownServer()
  const store = await here.open({ url: own.url })
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1")

  await own.kill()
  await rejectsSoon(everyCall(store))
  await own.restart()
  await store.ping()
  await say(store, P, LOG, "2")
  await follower.received("2")

  own.freeze()
  await rejectsSoon(everyCall(store))
  own.thaw()
  await store.ping()
  await say(store, P, LOG, "3")
  await follower.received("3")
  expect([numbers(follower.entries), follower.breaks]).toEqual([[1, 2, 3], 0])
})

test("[S13] opening a store that is not there rejects", async () => {
  const own = await here.ownServer()
  await own.kill()
  await expect(openRedis({ url: own.url })).rejects.toBeInstanceOf(StoreUnavailable)
})

test("[S13] a primary that became a replica refuses writes until it is one again", async () => {
  const own = await here.ownServer()
  const store = await here.open({ url: own.url })
  await say(store, P, LOG, "1")
  await own.cli("replicaof", "127.0.0.1", "1")
  const outcome = store.commit(P, { append: [{ log: LOG, value: bytes("2") }] })
  expect(text((await store.read(P, LOG, { limit: 1 }))[0]?.value)).toBe("1")
  await own.cli("replicaof", "no", "one")
  expect(await outcome).toMatchObject({ kind: "committed", n: [2] })
})

test("[S1] out of memory a commit is refused whole, and nobody else is harmed", async () => {
  const own = await here.ownServer()
  const store = await here.open({ url: own.url })
  await say(store, P, LOG, "1")
  await own.cli("config", "set", "maxmemory", "1")
  const change = { put: [["k", bytes("x")]] as const, append: [{ log: LOG, value: bytes("2") }] }
  await expect(store.commit(P, change)).rejects.toBeInstanceOf(StoreUnavailable)
  expect(await store.load(P, ["k"])).toEqual([{ version: 0, value: undefined }])
  await own.cli("config", "set", "maxmemory", "0")
  expect(await store.commit(P, change)).toMatchObject({ kind: "committed", n: [2] })
})

test("[S1] a change the script fails on does not take the others of its turn along", async () => {
  const store = await here.open()
  const { follower } = await here.follow(store)
  await here.server.cli("set", logKey(P, "broken"), "no stream")
  const results = await Promise.allSettled([
    say(store, P, LOG, "1"),
    store.commit(P, { append: [{ log: "broken", value: bytes("x") }], put: [["k", bytes("x")]] }),
    say(store, P, LOG, "2"),
  ])
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"])
  expect(await store.load(P, ["k"])).toEqual([{ version: 0, value: undefined }])
  await follower.received("2")
})

const WRITES = [
  "hsetnx",
  "expireat",
  "xadd",
  "incr",
  "spublish",
  "set",
  "del",
  "zadd",
  "zrem",
  "expire",
  "evalsha",
] as const

test.each(WRITES)(
  "[S1] [S13] where Redis refuses a script %s, nothing is done and nothing known",
  async (right) => {
    const server = await here.ownServer()
    await server.cli("acl", "setuser", "hub", "on", ">hunter2", "~*", "&*", "+@all")
    const store = await here.open({ url: `redis://hub:hunter2@127.0.0.1:${server.port}` })
    await committed(store, P, { put: [["gone", bytes("1")]], rank: [["ranking", "leaver", 1]] })
    const { follower } = await here.follow(store)
    const id = { scope: "s", key: "k" }
    const change: Change = {
      id,
      put: [["k", bytes("2")]],
      remove: ["gone"],
      append: [{ log: LOG, value: bytes("whole"), announce: true }],
      rank: [
        ["ranking", "comer", 2],
        ["ranking", "leaver", "out"],
      ],
      expire: [{ key: "k", seconds: 100 }],
    }
    await server.cli("acl", "setuser", "hub", `-${right}`)
    await expect(store.commit(P, change)).rejects.toBeInstanceOf(StoreUnavailable)
    await server.cli("acl", "setuser", "hub", "+@all")
    expect((await store.load(P, ["k", "gone"])).map(({ value }) => text(value))).toEqual([undefined, "1"])
    expect(await store.rank(P, "ranking", { limit: 9 })).toEqual([{ member: "leaver", score: 1 }])
    expect(await store.findResults(P, [id])).toEqual([undefined])
    expect(await store.commit(P, change)).toMatchObject({ kind: "committed", n: [1] })
    await follower.received("whole")
    expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["whole"])
    expect(await store.rank(P, "ranking", { limit: 9 })).toEqual([{ member: "comer", score: 2 }])
  },
)

test("[S13] rights to a channel are asked for before anything is written", async () => {
  const server = await here.ownServer()
  await server.cli("acl", "setuser", "hub", "on", ">hunter2", "~*", "resetchannels", "+@all")
  const store = await here.open({ url: `redis://hub:hunter2@127.0.0.1:${server.port}` })
  await expect(say(store, P, LOG, "refused")).rejects.toBeInstanceOf(StoreUnavailable)
  expect(await store.read(P, LOG, { limit: 9 })).toEqual([])
})

test("[S3] versions stay ahead of those a lost tail took away", async () => {
  const store = await here.open()
  await committed(store, P, { put: [["k", bytes("1")]] })
  const [before] = await store.load(P, ["k"])
  await here.server.cli("flushall")
  await committed(store, P, { put: [["k", bytes("2")]] })
  const [after] = await store.load(P, ["k"])
  expect(after?.version).toBeGreaterThan(before?.version ?? 0)
})

test("a server that forgot the script is given it again", async () => {
  const store = await here.open()
  await here.server.cli("script", "flush")
  await say(store, P, LOG, "1")
  await say(store, P, LOG, "2")
  expect(numbers(await store.read(P, LOG, { limit: 9 }))).toEqual([1, 2])
})

test("the server's settings are looked at", async () => {
  expect(await (await here.open()).inspect()).toMatchObject({ refusals: [], warnings: [] })
  const own = await startRedis({ appendfsync: "everysec", options: ["--maxmemory-policy", "allkeys-lru"] })
  here.cleanups.push(() => own.stop())
  const { version, refusals, warnings } = await (await here.open({ url: own.url })).inspect()
  expect(version).toMatch(/^\d+\.\d+/)
  expect(refusals).toEqual([expect.stringContaining("set maxmemory-policy noeviction")])
  expect(warnings).toEqual([expect.stringContaining("appendfsync always")])
  await own.cli("config", "set", "stream-node-max-bytes", "4096")
  const wasteful = await (await here.open({ url: own.url })).inspect()
  expect(wasteful.warnings.at(-1)).toMatch(/set stream-node-max-bytes 1024/)
})
