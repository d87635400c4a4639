/** How commits travel to Redis: many in one call, and none waits long for another's answer. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect, onTestFinished, test, vi } from "vitest"
import { bytes, say, texts } from "./contract/rig.ts"
import { startRedis } from "./redis-server.ts"
import { LOG, P, redisStage } from "./redis-stage.ts"

const here = redisStage()

const TURNS = 10
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A store that counts its calls of the script. */
async function counting() {
  const { proxy, url } = await here.throughProxy()
  const store = await here.open({ url })
  await say(store, P, LOG, "0")
  const count = { calls: 0 }
  proxy.onAsk = (asked) => {
    count.calls += asked.toString("latin1").split("evalsha").length - 1
  }
  return { proxy, store, count }
}

test("[S1] commits of several turns travel in one call while another is under way, each with an answer of its own", async () => {
  const { proxy, store, count } = await counting()
  proxy.late = 4
  const done: Promise<unknown>[] = []
  for (let k = 1; k <= TURNS; k += 1) {
    done.push(say(store, P, LOG, `${k}`))
    await turn()
  }
  await Promise.all(done)
  expect(texts(await store.read(P, LOG, { limit: 100 }))).toEqual(
    Array.from({ length: TURNS + 1 }, (_, k) => `${k}`),
  )
  // Two, where nothing else keeps this process from its turns.
  expect(count.calls).toBeLessThan(TURNS / 2)
})

test("[S1] commits that meet each other leave together, no oftener than every 5 ms; one after another they leave at once", async () => {
  const { store, count } = await counting()
  const oneAfterAnother = count.calls
  for (let k = 0; k < TURNS; k += 1) await say(store, P, LOG, "alone")
  expect(count.calls - oneAfterAnother).toBe(TURNS)
  const done: Promise<unknown>[] = []
  const before = count.calls
  const began = performance.now()
  for (let k = 0; k < 5 * TURNS; k += 1) {
    done.push(say(store, P, LOG, `${k}`))
    await turn()
    done.push(say(store, P, LOG, `${k} again`))
    await sleep(1)
  }
  await Promise.all(done)
  // The first pair finds nothing before it, and the last is waited for; where the process stood still it may start anew.
  expect(count.calls - before).toBeLessThanOrEqual((performance.now() - began) / 4 + 3)
})

/** As `commit-batches.ts` has it: how many leave without waiting, how far apart others leave, and how long a partition counts as busy. */
const [FULL_ENOUGH, SPACING_MS, BUSY_MS] = [8, 5, 50]

test("[S1] eight commits leave when the ones before them are answered; fewer wait until some milliseconds have passed", async () => {
  const { store } = await counting()
  // Time stands still, so whatever waits for it waits for ever.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] })
  onTestFinished(() => void vi.useRealTimers())
  const behindAnother = async (count: number) => {
    const first = say(store, P, LOG, "first")
    await turn()
    let left = count
    const others = Array.from({ length: count }, async (_, k) => {
      await say(store, P, LOG, `${k}`)
      left -= 1
    })
    await first
    return { others, left: () => left }
  }
  await Promise.all((await behindAnother(FULL_ENOUGH)).others)
  vi.advanceTimersByTime(BUSY_MS + SPACING_MS)
  const few = await behindAnother(FULL_ENOUGH - 1)
  // What left by itself would be answered before what is asked for then.
  for (let n = 0; n < 2; n += 1) await store.ping()
  expect(few.left()).toBe(FULL_ENOUGH - 1)
  vi.advanceTimersByTime(SPACING_MS)
  await Promise.all(few.others)
})

test("[S13] a commit does not wait for the answer of one before it that stays away", async () => {
  const { proxy, store, count } = await counting()
  proxy.fault = "mute"
  const began = performance.now()
  const first = say(store, P, LOG, "1")
  await turn()
  const second = say(store, P, LOG, "2")
  while (count.calls < 2) await turn()
  expect(performance.now() - began).toBeLessThan(1_500)
  proxy.cut()
  proxy.fault = "none"
  await Promise.all([first, second])
  expect(texts(await store.read(P, LOG, { limit: 100 }))).toEqual(["0", "1", "2"])
})

test("[S9] a server that takes no other commands beside subscriptions is followed over a connection of its own", async () => {
  const server = await startRedis({ options: ["--rename-command", "HELLO", ""] })
  here.cleanups.push(() => server.stop())
  const store = await here.open({ url: server.url })
  const { follower } = await here.follow(store)
  await store.commit(P, { append: [{ log: LOG, value: bytes("1"), announce: true }] })
  await follower.received("1")
  expect(follower.breaks).toBe(0)
})

test("[S9] a server that is far away is followed over a connection of its own, so that no answer waits behind announcements", async () => {
  const connections = async () => {
    const list = (await here.server.cli("client", "list")).split("\n")
    return list.filter((line) => !line.includes("cmd=client")).length
  }
  const { proxy, url } = await here.throughProxy()
  proxy.late = 2
  const before = await connections()
  const store = await here.open({ url })
  const { follower } = await here.follow(store)
  expect((await connections()) - before).toBe(2)
  await store.commit(P, { append: [{ log: LOG, value: bytes("1"), announce: true }] })
  await follower.received("1")
})
