/** The contract over Redis, and what only Redis can suffer: lost connections, killed servers, lost tails. */
import { cp, rm } from "node:fs/promises"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { type Change, StoreUnavailable } from "../../src/store/contract.ts"
import { channelKey, logKey } from "../../src/store/redis/key-names.ts"
import { openRedis, type RedisSettings, type RedisStore } from "../../src/store/redis/redis.ts"
import { bytes, committed, numbers, RecordingFollower, say, text, texts } from "./contract/rig.ts"
import { contractSuite } from "./contract.ts"
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts"
import { type RedisCluster, type RedisServer, startCluster, startRedis } from "./redis-server.ts"

const P = "app:0"
const LOG = "log"
/** Generous: servers are restarted meanwhile, and the machine may be busy. */
const DEADLINE_MS = 15_000

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

contractSuite("redis", async () => {
  await server.cli("flushall")
  let store = await openRedis({ url: server.url })
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openRedis({ url: server.url })
      return store
    },
    close: () => store.close(),
  }
})

describe("redis cluster", () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  }, 60_000)
  afterAll(() => cluster.stop())

  contractSuite("redis cluster", async () => {
    await Promise.all(cluster.nodes.map((node) => node.cli("flushall")))
    let store = await openRedis({ url: cluster.url })
    return {
      store,
      reopen: async () => {
        await store.close()
        store = await openRedis({ url: cluster.url })
        return store
      },
      close: () => store.close(),
    }
  })

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
    await Promise.all(followers.map((follower) => follower.heard("after")))
    for (const follower of followers)
      expect([texts(follower.entries), follower.breaks]).toEqual([["before", "after"], 0])
    await store.close()
  })
})

describe("redis only", { timeout: 4 * DEADLINE_MS }, () => {
  const cleanups: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    await server.cli("flushall")
  })
  const open = async (settings: Partial<RedisSettings> = {}): Promise<RedisStore> => {
    const store = await openRedis({ url: server.url, ...settings })
    cleanups.push(() => store.close())
    return store
  }
  const ownServer = async () => {
    const own = await startRedis()
    cleanups.push(() => own.stop())
    return own
  }
  const throughProxy = async (to = server): Promise<{ proxy: FaultProxy; url: string }> => {
    const proxy = await startFaultProxy(to.port)
    cleanups.push(() => proxy.close())
    return { proxy, url: `redis://127.0.0.1:${proxy.port}` }
  }
  const follow = async (store: RedisStore, log = LOG) => {
    const follower = new RecordingFollower(DEADLINE_MS)
    const following = await store.follow(P, log, follower)
    return { ear: follower, following }
  }

  const once: readonly (readonly [string, Pick<Change, "id">])[] = [
    ["with an id", { id: { scope: "s", key: "k" } }],
    ["without an id", {}],
  ]
  test.each(once)(
    "[S4] a commit %s whose answer gets lost is applied once, and answered as the first",
    async (_, id) => {
      const { ear: follower } = await follow(await open())
      const { proxy, url } = await throughProxy()
      const store = await open({ url })
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
      await follower.heard("once")
      proxy.onAsk = undefined
      proxy.fault = "none"
      proxy.cut()

      expect(await outcome).toMatchObject({ kind: "committed", n: [1] })
      expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["once"])
    },
  )

  test("[S4] a frozen server is asked again, and does it once when it goes on", async () => {
    const own = await ownServer()
    const { proxy, url } = await throughProxy(own)
    const store = await open({ url })
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
    const { proxy, url } = await throughProxy()
    const store = await open({ url })
    await say(store, P, LOG, "1")
    proxy.abandon()
    await say(store, P, LOG, "2")
    expect(texts(await store.read(P, LOG, { limit: 9 }))).toEqual(["1", "2"])
  })

  test("[S11] [S9] a server killed in the middle keeps what it acknowledged; followers miss and repeat nothing", async () => {
    const own = await ownServer()
    const store = await open({ url: own.url })
    const { ear: follower } = await follow(store)
    const acknowledged: string[] = []
    let down: Promise<void> | undefined
    const writer = async (name: string) => {
      for (let k = 0; k < 150; k += 1) {
        const change = {
          id: { scope: name, key: `${k}` },
          append: [{ log: LOG, value: bytes(`${name}${k}`), announce: true }],
        }
        const attempt = (): Promise<unknown> =>
          store.commit(P, change).catch((error: unknown) => {
            if (error instanceof StoreUnavailable) return attempt()
            throw error
          })
        await attempt()
        acknowledged.push(`${name}${k}`)
        if (acknowledged.length === 300) down = own.kill().then(() => own.restart())
      }
    }
    await Promise.all(["a", "b", "c", "d"].map(writer))
    await down
    const held = texts(await store.read(P, LOG, { limit: 10_000 }))
    expect([...held].sort()).toEqual([...acknowledged].sort())
    await follower.until("all is heard", () => follower.entries.length >= held.length)
    expect(texts(follower.entries)).toEqual(held)
    expect(follower.breaks).toBe(0)
  })

  test("[S9] the connection for announcements is cut while entries come", async () => {
    const store = await open()
    const { ear: follower } = await follow(store)
    for (let round = 0; round < 5; round += 1) {
      const words = Array.from({ length: 50 }, (_, k) => `${round}.${k}`)
      const saying = say(store, P, LOG, ...words)
      await server.cli("client", "kill", "type", "pubsub")
      await saying
    }
    await follower.heard("4.49")
    expect(numbers(follower.entries)).toEqual(Array.from({ length: 250 }, (_, k) => k + 1))
    expect(follower.breaks).toBe(0)
  })

  /** Stores an entry whose announcement no follower gets. */
  const whisper = async (log: string, id: string, value: string, counted = true) => {
    await server.cli("xadd", logKey(P, log), id, "e", `tagtagtav${value}`)
    if (counted) await server.cli("incr", channelKey(P, log, 0))
  }

  /** Another log whose announcements come over the same channel. */
  const neighbour = (): string => {
    const logs = Array.from({ length: 1_000 }, (_, k) => `log${k}`)
    const found = logs.find((log) => channelKey(P, log, 0) === channelKey(P, LOG, 0))
    if (found === undefined) throw new Error("no other log falls into the bucket")
    return found
  }

  test("[S9] an announcement lost without a trace is found by the beacon", async () => {
    const store = await open({ heartbeatEveryMs: 200 })
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1")
    await follower.heard("1")
    await whisper(LOG, `${(follower.entries[0]?.at ?? 0) + 1}-2`, "2")
    await follower.heard("2")
    await say(store, P, LOG, "3")
    await follower.heard("3")
    expect([texts(follower.entries), follower.breaks]).toEqual([["1", "2", "3"], 0])
  })

  test("[S9] a missing number of a bucket is enough to look at all its logs", async () => {
    const store = await open()
    const { ear: follower } = await follow(store)
    await whisper(LOG, "1-1", "lost")
    await say(store, P, neighbour(), "heard")
    await follower.heard("lost")
  })

  test("[S9] a connection for announcements that went silent is found by the beacon, and replaced", async () => {
    const { proxy, url } = await throughProxy()
    const { ear: follower } = await follow(await open({ url, heartbeatEveryMs: 200 }))
    proxy.abandon()
    await say(await open(), P, LOG, "1", "2")
    await follower.heard("2")
    expect([numbers(follower.entries), follower.breaks]).toEqual([[1, 2], 0])
  })

  test("[S10] a server that comes back with an older copy: followers are told, and go on from there", async () => {
    const own = await ownServer()
    const store = await open({ url: own.url })
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1", "2", "3")
    const copy = `${own.dir}-copy`
    cleanups.push(() => rm(copy, { recursive: true, force: true }))
    await cp(own.dir, copy, { recursive: true })
    await say(store, P, LOG, "4", "5")
    await follower.heard("5")
    await own.kill()
    await rm(own.dir, { recursive: true })
    await cp(copy, own.dir, { recursive: true })
    await own.restart()

    await say(store, P, LOG, "4 anew", "5 anew", "6 anew")
    await follower.until("the break is told", () => follower.breaks === 1)
    await say(store, P, LOG, "7 anew")
    await follower.heard("7 anew")
    expect(follower.breaks).toBe(1)
    const after = texts(follower.entries).slice(5)
    expect(after).toEqual(["4 anew", "5 anew", "6 anew", "7 anew"].slice(-after.length))
  })

  test("[S10] the last entries are gone and others have their numbers", async () => {
    const store = await open()
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1", "2", "3")
    await follower.heard("3")
    const gone = follower.entries.slice(1).map(({ at, n }) => `${at}-${n}`)
    await server.cli("xdel", logKey(P, LOG), ...gone)
    await say(store, P, LOG, "2 anew")
    await follower.until("the break is told", () => follower.breaks === 1)
    await say(store, P, LOG, "3 anew")
    await follower.heard("3 anew")
    expect(follower.breaks).toBe(1)
    expect(numbers(follower.entries)).toEqual([1, 2, 3, 3])
  })

  test("[S10] even an entry of the same number and time is told by its tag", async () => {
    const store = await open()
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1")
    await follower.heard("1")
    await server.cli("del", logKey(P, LOG))
    await whisper(LOG, `${follower.entries[0]?.at}-1`, "1 anew", false)
    await say(store, P, LOG, "2 anew")
    await follower.until("the break is told", () => follower.breaks === 1)
    expect(numbers(follower.entries)).toEqual([1])
  })

  test("[S10] a number of a bucket that fell is enough to look at all its logs", async () => {
    const store = await open()
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1", "2", "3")
    await follower.heard("3")
    await server.cli("xdel", logKey(P, LOG), ...follower.entries.slice(2).map(({ at, n }) => `${at}-${n}`))
    await server.cli("decrby", channelKey(P, LOG, 0), "1")
    await say(store, P, neighbour(), "of another log")
    await follower.until("the break is told", () => follower.breaks === 1)
    await say(store, P, LOG, "3 anew")
    await follower.heard("3 anew")
    expect([numbers(follower.entries), follower.breaks]).toEqual([[1, 2, 3, 3], 1])
  })

  test("[S10] a lost tail that nothing follows is found by comparing, though every beacon comes through", async () => {
    const store = await open({ heartbeatEveryMs: 200 })
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1", "2")
    await follower.heard("2")
    await server.cli("xdel", logKey(P, LOG), ...follower.entries.slice(1).map(({ at, n }) => `${at}-${n}`))
    await follower.until("the break is told", () => follower.breaks === 1)
  })

  test("[S10] a tail lost while the connection for announcements was away is found when it is back", async () => {
    const store = await open()
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1", "2")
    await follower.heard("2")
    await server.cli("xdel", logKey(P, LOG), ...follower.entries.slice(1).map(({ at, n }) => `${at}-${n}`))
    await server.cli("client", "kill", "type", "pubsub")
    await follower.until("the break is told", () => follower.breaks === 1)
  })

  test("[S9] [S13] a follower whose reads are refused asks with pauses, and says so once", async () => {
    const own = await ownServer()
    const told: unknown[] = []
    const store = await open({ url: own.url, onError: (error) => told.push(error) })
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1")
    await follower.heard("1")
    await own.cli("acl", "setuser", "default", "-xrange")
    await own.cli("incr", channelKey(P, LOG, 0))
    const began = performance.now()
    await say(store, P, neighbour(), "makes this one look")
    const refused = async () =>
      Number(/cmdstat_xrange:.*rejected_calls=(\d+)/.exec(await own.cli("info", "commandstats"))?.[1] ?? 0)
    while ((await refused()) < 4) expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
    // Three pauses of at least 100, 200 and 400 ms lie between four questions.
    expect(performance.now() - began).toBeGreaterThan(600)
    expect(told).toHaveLength(1)
    await own.cli("acl", "setuser", "default", "+xrange")
    await say(store, P, LOG, "2")
    await follower.heard("2")
    expect([texts(follower.entries), follower.breaks]).toEqual([["1", "2"], 0])
  })

  test("[S10] what a follower missed was trimmed away meanwhile", async () => {
    const { proxy, url } = await throughProxy()
    const { ear: follower } = await follow(await open({ url }))
    const store = await open()
    await say(store, P, LOG, "1")
    await follower.heard("1")
    proxy.fault = "dead"
    await say(store, P, LOG, "2", "3", "4")
    await server.cli("xtrim", logKey(P, LOG), "maxlen", "=", "1")
    proxy.fault = "none"
    proxy.cut()
    await follower.until("the break is told", () => follower.breaks === 1)
    await say(store, P, LOG, "5")
    await follower.heard("5")
    expect(numbers(follower.entries)).toEqual([1, 5])
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
    const own = await ownServer()
    const store = await open({ url: own.url })
    const { ear: follower } = await follow(store)
    await say(store, P, LOG, "1")

    await own.kill()
    await rejectsSoon(everyCall(store))
    await own.restart()
    await store.ping()
    await say(store, P, LOG, "2")
    await follower.heard("2")

    own.freeze()
    await rejectsSoon(everyCall(store))
    own.thaw()
    await store.ping()
    await say(store, P, LOG, "3")
    await follower.heard("3")
    expect([numbers(follower.entries), follower.breaks]).toEqual([[1, 2, 3], 0])
  })

  test("[S13] opening a store that is not there rejects", async () => {
    const own = await ownServer()
    await own.kill()
    await expect(openRedis({ url: own.url })).rejects.toBeInstanceOf(StoreUnavailable)
  })

  test("[S13] a primary that became a replica refuses writes until it is one again", async () => {
    const own = await ownServer()
    const store = await open({ url: own.url })
    await say(store, P, LOG, "1")
    await own.cli("replicaof", "127.0.0.1", "1")
    const outcome = store.commit(P, { append: [{ log: LOG, value: bytes("2") }] })
    expect(text((await store.read(P, LOG, { limit: 1 }))[0]?.value)).toBe("1")
    await own.cli("replicaof", "no", "one")
    expect(await outcome).toMatchObject({ kind: "committed", n: [2] })
  })

  test("[S1] out of memory a commit is refused whole, and nobody else is harmed", async () => {
    const own = await ownServer()
    const store = await open({ url: own.url })
    await say(store, P, LOG, "1")
    await own.cli("config", "set", "maxmemory", "1")
    const change = { put: [["k", bytes("x")]] as const, append: [{ log: LOG, value: bytes("2") }] }
    await expect(store.commit(P, change)).rejects.toBeInstanceOf(StoreUnavailable)
    expect(await store.load(P, ["k"])).toEqual([{ version: 0, value: undefined }])
    await own.cli("config", "set", "maxmemory", "0")
    expect(await store.commit(P, change)).toMatchObject({ kind: "committed", n: [2] })
  })

  test("[S1] a change the script fails on does not take the others of its turn along", async () => {
    const store = await open()
    const { ear: follower } = await follow(store)
    await server.cli("set", logKey(P, "broken"), "no stream")
    const results = await Promise.allSettled([
      say(store, P, LOG, "1"),
      store.commit(P, { append: [{ log: "broken", value: bytes("x") }], put: [["k", bytes("x")]] }),
      say(store, P, LOG, "2"),
    ])
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"])
    expect(await store.load(P, ["k"])).toEqual([{ version: 0, value: undefined }])
    await follower.heard("2")
  })

  test("[S3] versions stay ahead of those a lost tail took away", async () => {
    const store = await open()
    await committed(store, P, { put: [["k", bytes("1")]] })
    const [before] = await store.load(P, ["k"])
    await server.cli("flushall")
    await committed(store, P, { put: [["k", bytes("2")]] })
    const [after] = await store.load(P, ["k"])
    expect(after?.version).toBeGreaterThan(before?.version ?? 0)
  })

  test("a server that forgot the script is given it again", async () => {
    const store = await open()
    await server.cli("script", "flush")
    await say(store, P, LOG, "1")
    await say(store, P, LOG, "2")
    expect(numbers(await store.read(P, LOG, { limit: 9 }))).toEqual([1, 2])
  })

  test("the server's settings are looked at", async () => {
    expect(await (await open()).inspect()).toMatchObject({ refusals: [], warnings: [] })
    const own = await startRedis({ appendfsync: "everysec", options: ["--maxmemory-policy", "allkeys-lru"] })
    cleanups.push(() => own.stop())
    const { version, refusals, warnings } = await (await open({ url: own.url })).inspect()
    expect(version).toMatch(/^\d+\.\d+/)
    expect(refusals).toEqual([expect.stringContaining("set maxmemory-policy noeviction")])
    expect(warnings).toEqual([expect.stringContaining("appendfsync always")])
    await own.cli("config", "set", "stream-node-max-bytes", "4096")
    const wasteful = await (await open({ url: own.url })).inspect()
    expect(wasteful.warnings.at(-1)).toMatch(/set stream-node-max-bytes 1024/)
  })
})
