/** Announcements that get lost, connections that are cut, logs that lose their tail: followers miss and repeat nothing. */
import { cp, rm } from "node:fs/promises"
import { expect, test } from "vitest"
import { StoreUnavailable } from "../../src/store/contract.ts"
import { channelKey, logKey } from "../../src/store/redis/key-names.ts"
import { bytes, numbers, say, text, texts } from "./contract/rig.ts"
import { DEADLINE_MS, LOG, P, redisStage } from "./redis-stage.ts"

const here = redisStage()

test("[S11] [S9] a server killed in the middle keeps what it acknowledged; followers miss and repeat nothing", async () => {
  const own = await here.ownServer()
  const store = await here.open({ url: own.url })
  const { follower } = await here.follow(store)
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
  const store = await here.open()
  const { follower } = await here.follow(store)
  for (let round = 0; round < 5; round += 1) {
    const words = Array.from({ length: 50 }, (_, k) => `${round}.${k}`)
    const saying = say(store, P, LOG, ...words)
    await here.server.cli("client", "kill", "type", "pubsub")
    await saying
  }
  await follower.received("4.49")
  expect(numbers(follower.entries)).toEqual(Array.from({ length: 250 }, (_, k) => k + 1))
  expect(follower.breaks).toBe(0)
})

test("[S7] what two followed entries of a commit point to is one object, so that a message is decoded once", async () => {
  const [writer, reader] = [await here.open(), await here.open()]
  const [feed, agents] = [await here.follow(reader, "feed"), await here.follow(reader, "agents")]
  const pointing = (log: string) => ({ log, value: bytes(""), of: 0, announce: true })
  for (const words of ["Hi", "There?"])
    await writer.commit(P, {
      append: [{ log: "messages", value: bytes(words) }, pointing("feed"), pointing("agents")],
    })
  for (const { follower } of [feed, agents])
    await follower.until("both are heard", () => follower.entries.length === 2)
  const pointed = feed.follower.entries.map(({ of }) => of)
  expect(pointed.map((of) => text(of?.value))).toEqual(["Hi", "There?"])
  agents.follower.entries.forEach(({ of }, at) => {
    expect(of).toBe(pointed[at])
  })
})

/** Stores an entry whose announcement no follower gets. */
const whisper = async (log: string, id: string, value: string, counted = true) => {
  await here.server.cli("xadd", logKey(P, log), id, "e", `tagtagtav${value}`)
  if (counted) await here.server.cli("incr", channelKey(P, 0))
}

test("[S9] an announcement lost without a trace is found by the heartbeat", async () => {
  const store = await here.open({ heartbeatEveryMs: 200 })
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1")
  await follower.received("1")
  await whisper(LOG, `${(follower.entries[0]?.at ?? 0) + 1}-2`, "2")
  await follower.received("2")
  await say(store, P, LOG, "3")
  await follower.received("3")
  expect([texts(follower.entries), follower.breaks]).toEqual([["1", "2", "3"], 0])
})

test("[S9] a missing number of a channel is enough to look at all its logs", async () => {
  const store = await here.open()
  const { follower } = await here.follow(store)
  await whisper(LOG, "1-1", "lost")
  await say(store, P, "another", "heard")
  await follower.received("lost")
})

test("[S9] a connection for announcements that went silent is found by the heartbeat, and replaced", async () => {
  const { proxy, url } = await here.throughProxy()
  const { follower } = await here.follow(await here.open({ url, heartbeatEveryMs: 200 }))
  proxy.abandon()
  await say(await here.open(), P, LOG, "1", "2")
  await follower.received("2")
  expect([numbers(follower.entries), follower.breaks]).toEqual([[1, 2], 0])
})

test("[S10] a server that comes back with an older copy: followers are told, and go on from there", async () => {
  const own = await here.ownServer()
  const store = await here.open({ url: own.url })
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1", "2", "3")
  const copy = `${own.dir}-copy`
  here.cleanups.push(() => rm(copy, { recursive: true, force: true }))
  await cp(own.dir, copy, { recursive: true })
  await say(store, P, LOG, "4", "5")
  await follower.received("5")
  await own.kill()
  await rm(own.dir, { recursive: true })
  await cp(copy, own.dir, { recursive: true })
  await own.restart()

  await say(store, P, LOG, "4 anew", "5 anew", "6 anew")
  await follower.until("the break is told", () => follower.breaks === 1)
  await say(store, P, LOG, "7 anew")
  await follower.received("7 anew")
  expect(follower.breaks).toBe(1)
  const after = texts(follower.entries).slice(5)
  expect(after).toEqual(["4 anew", "5 anew", "6 anew", "7 anew"].slice(-after.length))
})

test("[S10] the last entries are gone and others have their numbers", async () => {
  const store = await here.open()
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1", "2", "3")
  await follower.received("3")
  const gone = follower.entries.slice(1).map(({ at, n }) => `${at}-${n}`)
  await here.server.cli("xdel", logKey(P, LOG), ...gone)
  await say(store, P, LOG, "2 anew")
  await follower.until("the break is told", () => follower.breaks === 1)
  await say(store, P, LOG, "3 anew")
  await follower.received("3 anew")
  expect(follower.breaks).toBe(1)
  expect(numbers(follower.entries)).toEqual([1, 2, 3, 3])
})

test("[S10] even an entry of the same number and time is told by its tag", async () => {
  const store = await here.open()
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1")
  await follower.received("1")
  await here.server.cli("del", logKey(P, LOG))
  await whisper(LOG, `${follower.entries[0]?.at}-1`, "1 anew", false)
  await say(store, P, LOG, "2 anew")
  await follower.until("the break is told", () => follower.breaks === 1)
  expect(numbers(follower.entries)).toEqual([1])
})

test("[S10] a number of a channel that fell is enough to look at all its logs", async () => {
  const store = await here.open()
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1", "2", "3")
  await follower.received("3")
  await here.server.cli("xdel", logKey(P, LOG), ...follower.entries.slice(2).map(({ at, n }) => `${at}-${n}`))
  await here.server.cli("decrby", channelKey(P, 0), "1")
  await say(store, P, "another", "of another log")
  await follower.until("the break is told", () => follower.breaks === 1)
  await say(store, P, LOG, "3 anew")
  await follower.received("3 anew")
  expect([numbers(follower.entries), follower.breaks]).toEqual([[1, 2, 3, 3], 1])
})

test("[S10] a lost tail that nothing follows is found by comparing, though every heartbeat comes through", async () => {
  const store = await here.open({ heartbeatEveryMs: 200 })
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1", "2")
  await follower.received("2")
  await here.server.cli("xdel", logKey(P, LOG), ...follower.entries.slice(1).map(({ at, n }) => `${at}-${n}`))
  await follower.until("the break is told", () => follower.breaks === 1)
})

test("[S10] a tail lost while the connection for announcements was away is found when it is back", async () => {
  const store = await here.open()
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1", "2")
  await follower.received("2")
  await here.server.cli("xdel", logKey(P, LOG), ...follower.entries.slice(1).map(({ at, n }) => `${at}-${n}`))
  await here.server.cli("client", "kill", "type", "pubsub")
  await follower.until("the break is told", () => follower.breaks === 1)
})

test("[S9] [S13] a follower whose reads are refused asks with pauses, and says so once", async () => {
  const own = await here.ownServer()
  const received: unknown[] = []
  const store = await here.open({ url: own.url, onError: (error) => received.push(error) })
  const { follower } = await here.follow(store)
  await say(store, P, LOG, "1")
  await follower.received("1")
  await own.cli("acl", "setuser", "default", "-xrange")
  await own.cli("incr", channelKey(P, 0))
  const began = performance.now()
  await say(store, P, "another", "makes this one look")
  const refused = async () =>
    Number(/cmdstat_xrange:.*rejected_calls=(\d+)/.exec(await own.cli("info", "commandstats"))?.[1] ?? 0)
  while ((await refused()) < 4) expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
  // Three pauses of at least 100, 200 and 400 ms lie between four questions.
  expect(performance.now() - began).toBeGreaterThan(600)
  expect(received).toHaveLength(1)
  await own.cli("acl", "setuser", "default", "+xrange")
  await say(store, P, LOG, "2")
  await follower.received("2")
  expect([texts(follower.entries), follower.breaks]).toEqual([["1", "2"], 0])
})

test("[S10] what a follower missed was trimmed away meanwhile", async () => {
  const { proxy, url } = await here.throughProxy()
  const { follower } = await here.follow(await here.open({ url }))
  const store = await here.open()
  await say(store, P, LOG, "1")
  await follower.received("1")
  proxy.fault = "dead"
  await say(store, P, LOG, "2", "3", "4")
  await here.server.cli("xtrim", logKey(P, LOG), "maxlen", "=", "1")
  proxy.fault = "none"
  proxy.cut()
  await follower.until("the break is told", () => follower.breaks === 1)
  await say(store, P, LOG, "5")
  await follower.received("5")
  expect(numbers(follower.entries)).toEqual([1, 5])
})
