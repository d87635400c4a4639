/** How Redis is reached: addresses, passwords of every kind, users with few rights, Sentinels with passwords. */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { freePort } from "../../loadtest/bench/free-port.ts"
import { parseRedisUrl } from "../../src/store/redis/address.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { say } from "./contract/rig.ts"
import { type RedisServer, startRedis } from "./redis-server.ts"

const P = "app:0"

describe("addresses", () => {
  test.each([
    ["redis://h", { kind: "one", hosts: [{ host: "h", port: 6379 }], tls: false, database: 0 }],
    ["rediss://u:p@h:1/2", { tls: true, database: 2, credentials: { username: "u", password: "p" } }],
    ["redis://[::1]:7/1", { hosts: [{ host: "::1", port: 7 }], database: 1 }],
    [
      "redis://a:1, redis://b:2",
      {
        kind: "cluster",
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    ],
    ["redis://:p@ss@h", { credentials: { password: "p@ss" }, hosts: [{ host: "h", port: 6379 }] }],
    ["redis://:100%@h", { credentials: { password: "100%" } }],
    ["redis://:a%40b%2Fc@h", { credentials: { password: "a@b/c" } }],
    ["redis://:a/b?c#d:e@h/3", { credentials: { password: "a/b?c#d:e" }, database: 3 }],
    ["redis://:a,redis@h", { credentials: { password: "a,redis" }, kind: "one" }],
    [
      "redis+sentinel://u:p%40@a:1,b/main/3",
      {
        kind: "sentinel",
        name: "main",
        database: 3,
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 26379 },
        ],
        credentials: { username: "u", password: "p@" },
        sentinel: {},
      },
    ],
    [
      "rediss+sentinel://:p@a/main?sentinelUser=s&sentinelPassword=x@y=%25",
      { tls: true, credentials: { password: "p" }, sentinel: { username: "s", password: "x@y=%" } },
    ],
  ])("%s", (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected)
  })

  test.each([
    "http://a",
    "redis://",
    "redis+sentinel://u:hunter2@a:1",
    "redis://a,b",
    "redis://:hunter2@a:99999",
    "redis://:hunter2@a/one",
    "redis://a/1,redis://b",
    "redis+sentinel://:hunter2@a/main?password=hunter2",
  ])("%s is refused, and no password told", (url) => {
    expect(() => parseRedisUrl(url)).toThrow(/^(?!.*hunter2).*\.$/s)
  })
})

describe("a real server", () => {
  const server = async (...options: string[]) => {
    const redis = await startRedis({ options })
    onTestFinished(() => redis.stop())
    return redis
  }

  let guarded: RedisServer
  beforeAll(async () => {
    guarded = await startRedis({ options: ["--requirepass", "correct1"] })
  })
  afterAll(() => guarded.stop())

  test.each(["p@ss", "100%", "a/b#c?d", "%40", "a:b,c"])(
    "with the password %s, as it is and escaped",
    async (password) => {
      const { port } = await server("--requirepass", password)
      for (const written of [encodeURIComponent(password), ...(password === "%40" ? [] : [password])]) {
        const store = await openRedis({ url: `redis://:${written}@127.0.0.1:${port}` })
        await say(store, P, "log", "hello")
        await store.close()
      }
    },
  )

  test("that forbids INFO and CONFIG is worth a warning, and works", async () => {
    const redis = await server()
    const rights = ["~*", "&*", "+@read", "+@write", "+@pubsub", "+@scripting", "+@connection", "+time"]
    await redis.cli("acl", "setuser", "hub", "on", ">hunter2", ...rights)
    const store = await openRedis({ url: `redis://hub:hunter2@127.0.0.1:${redis.port}` })
    onTestFinished(() => store.close())
    const { refusals, warnings } = await store.inspect()
    expect([refusals.length, warnings.length]).toEqual([0, 1])
    expect(warnings[0]).toMatch(/INFO/)
    await store.follow(P, "log", { entry: () => undefined, broken: () => undefined })
    await say(store, P, "log", "hello")
    await redis.cli("acl", "setuser", "hub", "+info")
    expect((await store.inspect()).warnings).toEqual([expect.stringMatching(/CONFIG/)])
  })

  test("who may not say what the hub needs is told which commands, before anything is written", async () => {
    const redis = await server()
    const rights = ["~{shop/*", "&*", "+@all"]
    const missing = [
      ...["mget", "get", "set", "del", "exists", "expire", "expireat", "getrange", "incr", "hget", "hsetnx"],
      ...["xadd", "xrange", "xrevrange", "zadd", "zrem", "zcard", "zcount", "zrevrange", "zrevrangebyscore"],
      ...["spublish", "ssubscribe"],
    ]
    await redis.cli("acl", "setuser", "hub", "on", ">hunter2", ...rights)
    const url = `redis://hub:hunter2@127.0.0.1:${redis.port}`
    const store = await openRedis({ url, prefix: "shop" })
    onTestFinished(() => store.close())
    expect((await store.inspect()).refusals).toEqual([])
    for (const command of missing) {
      await redis.cli("acl", "setuser", "hub", `-${command}`)
      const { refusals } = await store.inspect()
      expect(refusals).toEqual([expect.stringContaining(` ${command.toUpperCase()} `)])
      await redis.cli("acl", "setuser", "hub", `+${command}`)
    }
    await redis.cli("acl", "setuser", "hub", "resetkeys", "~{stage/*")
    expect((await store.inspect()).refusals).toEqual([expect.stringContaining("GET")])
    await redis.cli("acl", "setuser", "hub", "~*", "resetchannels", "&{stage/*")
    expect((await store.inspect()).refusals).toEqual([expect.stringContaining(" SPUBLISH, SSUBSCRIBE ")])
  })

  /** Each waits for its own time before it gives up. */
  test.concurrent.each([
    ["a wrong password", "redis://:hunter2@127.0.0.1:PORT", /refuses the user or password/],
    ["no password", "redis://127.0.0.1:PORT", /wants another password/],
    ["no such database", "redis://:correct1@127.0.0.1:PORT/99", /no such database/],
    ["no TLS there", "rediss://:correct1@127.0.0.1:PORT", /TLS/],
    ["nobody there", "redis://:correct1@127.0.0.1:1", /nothing listens/],
    ["no such name", "redis://:correct1@nowhere.invalid:6379", /not known here/],
    ["no cluster", "redis://:correct1@127.0.0.1:PORT,redis://127.0.0.1:PORT", /cluster/],
  ])("%s: the start fails with the reason", async (_, url, reason) => {
    const opened = openRedis({ url: url.replaceAll("PORT", String(guarded.port)) })
    await expect(opened).rejects.toThrow(reason)
    await expect(opened).rejects.toThrow(/^(?!.*(?:hunter2|correct1|enableOfflineQueue)).*[.?]$/s)
  })

  test("watched by a Sentinel with a password of its own", async () => {
    const { port } = await server("--requirepass", "data pass")
    const dir = await mkdtemp(join(tmpdir(), "tributary-sentinel-"))
    const own = await freePort()
    const lines = [
      `port ${own}`,
      "bind 127.0.0.1",
      `dir ${dir}`,
      `sentinel monitor main 127.0.0.1 ${port} 1`,
      'sentinel auth-pass main "data pass"',
      "requirepass hunter2",
    ]
    await writeFile(join(dir, "sentinel.conf"), `${lines.join("\n")}\n`)
    const child = spawn("redis-server", [join(dir, "sentinel.conf"), "--sentinel"], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    onTestFinished(async () => {
      const gone = once(child, "exit")
      child.kill("SIGKILL")
      await gone
      await rm(dir, { recursive: true, force: true })
    })
    for await (const chunk of child.stdout) if (String(chunk).includes("+monitor")) break
    const url = `redis+sentinel://:data%20pass@127.0.0.1:${own}/main`
    await expect(openRedis({ url })).rejects.toThrow(/Sentinels refuse/)
    await expect(openRedis({ url: `${url}?sentinelPassword=wrong` })).rejects.toThrow(/Sentinels refuse/)
    const store = await openRedis({ url: `${url}?sentinelPassword=hunter2` })
    await say(store, P, "log", "hello")
    await store.close()
  })
})
