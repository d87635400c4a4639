import { expect, test } from "vitest"
import { KeyedBatches } from "../../src/lib/keyed-batches.ts"

/** Writes down what is done together, and lets each turn last until it is told to end. */
function turns(most = 3) {
  const batches = new KeyedBatches<string, string>(most)
  const done: string[] = []
  const ends: (() => void)[] = []
  const run = (key: string, item: string) =>
    batches.run(key, item, async (items, waited) => {
      done.push(`${items.join(" ")}${waited ? ", waited" : ""}`)
      await new Promise<void>((resolve) => ends.push(resolve))
      return items.map(async (one) => {
        if (one === "bad") throw new Error("failed")
        return `${one} done`
      })
    })
  /** The turn that lasts ends, and the next one begins. */
  const next = async () => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { run, done, next }
}

test("what comes while one turn lasts is done together in the next, in order and so many at most", async () => {
  const { run, done, next } = turns()
  const all = Promise.all(["a", "b", "c", "d", "e"].map((item) => run("key", item)))
  for (let turn = 0; turn < 3; turn += 1) await next()
  expect(await all).toEqual(["a done", "b done", "c done", "d done", "e done"])
  expect(done).toEqual(["a", "b c d, waited", "e, waited"])
})

test("a call that comes when no turn is running does not wait", async () => {
  const { run, done, next } = turns()
  const first = run("key", "a")
  await next()
  await first
  const second = run("key", "b")
  await next()
  await second
  expect(done).toEqual(["a", "b"])
})

test("under different keys side by side", async () => {
  const { run, done, next } = turns()
  const all = Promise.all([run("one", "a"), run("two", "b")])
  expect(done).toEqual(["a", "b"])
  await next()
  await next()
  await all
})

test("a failure is its caller's, and those beside and after it are done", async () => {
  const { run, next } = turns(2)
  const results = Promise.allSettled(["a", "bad", "c", "d"].map((item) => run("key", item)))
  for (let turn = 0; turn < 3; turn += 1) await next()
  expect((await results).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ])
})

test("where a whole turn fails, the next one is done", async () => {
  const batches = new KeyedBatches<string, string>(1)
  const run = (item: string) =>
    batches.run("key", item, async ([one]) => {
      if (one === "bad") throw new Error("failed")
      return [Promise.resolve(one)]
    })
  const [bad, good] = await Promise.allSettled([run("bad"), run("good")])
  expect([bad?.status, good?.status]).toEqual(["rejected", "fulfilled"])
})
