import { expect, test } from "vitest"
import type { Entry, PartitionName } from "../../../src/store/contract.ts"
import { bytes, committed, compare, numbers, plain, type Rig, span, texts } from "./rig.ts"

export function logRules(rig: Rig): void {
  const all = (p: PartitionName, log: string): Promise<readonly Entry[]> =>
    rig.store.read(p, log, { limit: 10_000 })
  const append = (log: string, word: string, floor?: number) => ({
    log,
    value: bytes(word),
    ...(floor === undefined ? {} : { floor }),
  })

  test("[S5] entries of a commit share one `at`, of the store's clock", () =>
    rig.inEach(async (p) => {
      const before = Date.now()
      const { at } = await committed(rig.store, p, {
        append: [append("a", "1"), append("b", "2"), append("a", "3")],
        rank: [["r", "m", "now"]],
      })
      // The store's clock may be another machine's: near to ours is all that can be asked.
      expect(Math.abs(at - before)).toBeLessThan(60_000)
      expect(Number.isInteger(at)).toBe(true)
      const entries = [...(await all(p, "a")), ...(await all(p, "b"))]
      expect(entries.map((entry) => entry.at)).toEqual([at, at, at])
      expect(await rig.store.rank(p, "r", { limit: 1 })).toEqual([{ member: "m", score: at }])
    }))

  test("[S5] `at` is never before a floor, nor before the last entry of its log; no log's time moves another's", () =>
    rig.inEach(async (p) => {
      const later = Date.now() + 3_600_000
      const times = async (log: string) => (await all(p, log)).map(({ at }) => at)
      const one = await committed(rig.store, p, {
        append: [append("a", "1", later), append("b", "1"), append("a", "2", 1)],
      })
      expect(one.at).toBe(later)
      expect(await times("a")).toEqual([later, later])
      expect((await times("b"))[0]).toBeLessThan(later)
      const two = await committed(rig.store, p, {
        append: [append("c", "1"), append("a", "3")],
        rank: [["r", "m", "now"]],
      })
      expect(two.at).toBeLessThan(later)
      expect(await times("c")).toEqual([two.at])
      expect(await times("a")).toEqual([later, later, later])
      // A member is ranked by the commit's time, which is that of the first append.
      expect(await rig.store.rank(p, "r", { limit: 1 })).toEqual([{ member: "m", score: two.at }])
      const change = { id: { scope: "s", key: "k" }, append: [append("a", "4"), append("d", "1")] }
      const three = await committed(rig.store, p, change)
      expect(await rig.store.commit(p, change)).toMatchObject({ kind: "repeated", at: three.at, n: [4, 1] })
      expect([three.at, (await times("d"))[0] ?? later]).toEqual([later, expect.any(Number)])
      expect((await times("d"))[0]).toBeLessThan(later)
    }))

  test("[S5] a copy keeps the time it is given, but never before the last entry of its log", () =>
    rig.inEach(async (p) => {
      const copy = (log: string, word: string, at: number) => ({ ...append(log, word), at })
      await committed(rig.store, p, { append: [copy("a", "1", 1_000), copy("a", "2", 3_000)] })
      await committed(rig.store, p, { append: [copy("a", "3", 2_000), copy("a", "4", 4_000)] })
      const entries = await all(p, "a")
      expect(entries.map(({ at, n }) => [at, n])).toEqual([
        [1_000, 1],
        [3_000, 2],
        [3_000, 3],
        [4_000, 4],
      ])
      const after = await rig.store.read(p, "a", { after: { at: 1_000, n: 1 }, limit: 2 })
      expect(texts(after)).toEqual(["2", "3"])
      const { at } = await committed(rig.store, p, { append: [append("a", "5")] })
      expect(at).toBeGreaterThan(4_000)
    }))

  test("[S5] [S7] an entry points to one of another time, and finds it", () =>
    rig.inEach(async (p) => {
      const later = Date.now() + 3_600_000
      const pointer = { ...append("feed", "see"), of: 0, announce: true }
      const received: Entry[] = []
      let arrived: () => void = () => undefined
      const first = new Promise<void>((resolve) => {
        arrived = resolve
      })
      const following = await rig.store.follow(p, "feed", {
        entry(entry) {
          received.push(entry)
          arrived()
        },
        broken: () => undefined,
      })
      await committed(rig.store, p, { append: [append("ahead", "there", later), pointer] })
      await first
      following.stop()
      for (const entry of [...received, ...(await all(p, "feed"))]) {
        expect(entry.at).toBeLessThan(later)
        expect(entry.of).toMatchObject({ log: "ahead", at: later, n: 1 })
        expect(String(entry.of && Buffer.from(entry.of.value))).toBe("there")
      }
      expect(received).toHaveLength(1)
    }))

  test("[S6] entries of a log are dense and in the order of their commits, whoever else commits", () =>
    rig.inEach(async (p) => {
      const commits = span(1, 40).map((turn) =>
        committed(rig.store, p, {
          append: [append("log", `${turn}`), append(`own ${turn % 3}`, "x"), append("log", "+")],
        }),
      )
      const results = await Promise.all(commits)
      expect(results.flatMap(({ n }) => [n[0], n[2]]).sort((a = 0, b = 0) => a - b)).toEqual(span(1, 80))
      const entries = await all(p, "log")
      expect(numbers(entries)).toEqual(span(1, 80))
      expect([...entries].sort(compare)).toEqual(entries)
      for (const [index, { n, at }] of results.entries()) {
        const mine = entries.filter((entry) => entry.n === n[0] || entry.n === n[2])
        expect(texts(mine)).toEqual([`${index + 1}`, "+"])
        expect(mine.map((entry) => entry.at)).toEqual([at, at])
      }
    }))

  test("[S6] every entry has a tag of its own, and the head is the last entry", () =>
    rig.inEach(async (p) => {
      expect(await rig.store.head(p, "log")).toBeUndefined()
      for (const turn of span(1, 5))
        await committed(rig.store, p, { append: span(1, 4).map(() => append("log", `${turn}`)) })
      const entries = await all(p, "log")
      expect(new Set(entries.map((entry) => entry.tag)).size).toBe(20)
      const last = entries.at(-1)
      expect(await rig.store.head(p, "log")).toEqual({ at: last?.at, n: 20, tag: last?.tag })
      expect((await all(p, "log")).map((entry) => entry.tag)).toEqual(entries.map((entry) => entry.tag))
    }))

  test("[S7] reading from any address, also of an entry that is not there, gives what is after or before it", () =>
    rig.inEach(async (p) => {
      const start = Date.now() + 1_000_000
      for (const [turn, count] of [1, 3, 2, 1, 4].entries()) {
        const floor = start + 5 * Math.floor(turn / 2) // two commits share an `at` here and there
        await committed(rig.store, p, {
          append: span(1, count).map((k) => append("log", `${turn}.${k}`, floor)),
        })
      }
      // Neighbours by name: their entries are not this log's.
      await committed(rig.store, p, {
        append: ["lo", "log2", "log:", "log\0"].map((log) => append(log, "other")),
      })
      const entries = (await all(p, "log")).map(plain)
      expect(numbers(await all(p, "log"))).toEqual(span(1, 11))

      const times = [
        0,
        start - 1,
        start,
        start + 1,
        start + 5,
        start + 10,
        start + 11,
        Number.MAX_SAFE_INTEGER,
      ]
      const bounds = times.flatMap((at) =>
        [0, 1, 4, 5, 7, 11, 12, Number.MAX_SAFE_INTEGER].map((n) => ({ at, n })),
      )
      for (const bound of bounds) {
        const larger = entries.filter((entry) => compare(entry, bound) > 0)
        const smaller = entries.filter((entry) => compare(entry, bound) < 0)
        for (const limit of [1, 3, 100]) {
          const after = await rig.store.read(p, "log", { after: bound, limit })
          expect(after.map(plain)).toEqual(larger.slice(0, limit))
          const before = await rig.store.read(p, "log", { before: bound, limit })
          expect(before.map(plain)).toEqual(smaller.slice(-limit))
        }
      }
      expect((await rig.store.read(p, "log", { limit: 4 })).map(plain)).toEqual(entries.slice(-4))
      expect(await rig.store.read(p, "empty", { limit: 4 })).toEqual([])
    }))

  test("[S16] what is dated by the store's clock is not later than what is committed after it", () =>
    rig.inEach(async (p) => {
      for (const turn of span(1, 100)) {
        const dated = rig.store.now()
        const { at } = await committed(rig.store, p, { append: [append(`log ${turn}`, "x")] })
        expect(at).toBeGreaterThanOrEqual(dated)
        expect(at - dated).toBeLessThan(rig.deadline)
      }
      expect(Number.isInteger(rig.store.now())).toBe(true)
    }))

  test("[S7] an entry that points to another of its commit comes with it", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, { append: [append("messages", "earlier")] })
      const { at } = await committed(rig.store, p, {
        append: [
          append("messages", `words of ${p}`),
          append("messages", "more"),
          { ...append("feed", "new"), of: 0 },
          { ...append("feed", ""), of: 1 },
          { ...append("messages", "self"), of: 0 },
          append("feed", "plain"),
          { ...append("agents", "seen"), of: 3 },
        ],
      })
      const words = [...bytes(`words of ${p}`)]
      const [fresh, bare, none] = (await all(p, "feed")).map(plain)
      expect(fresh?.of).toEqual({ log: "messages", at, n: 2, value: words })
      expect(bare?.of).toEqual({ log: "messages", at, n: 3, value: [...bytes("more")] })
      expect(none).not.toHaveProperty("of")
      const [self] = (await rig.store.read(p, "messages", { limit: 1 })).map(plain)
      expect(self?.of).toEqual({ log: "messages", at, n: 2, value: words })
      const [seen] = (await rig.store.read(p, "agents", { after: { at: 0, n: 0 }, limit: 1 })).map(plain)
      expect(seen?.of).toEqual({ log: "feed", at, n: 2, value: [] })
    }))

  test("[S12] trimming keeps the latest entries asked for, not many more, and the numbering", () =>
    rig.inEach(async (p) => {
      for (const turn of span(1, 50)) {
        const twenty = span(1, 20).map((k) => ({ ...append("log", `${turn}.${k}`), keep: 30 }))
        await committed(rig.store, p, { append: [...twenty, append("whole", `${turn}`)] })
        const { length } = await all(p, "log")
        expect(length).toBeGreaterThanOrEqual(Math.min(30, turn * 20))
      }
      const kept = await all(p, "log")
      // "About" leaves an engine room to trim by blocks.
      expect(kept.length).toBeLessThan(400)
      expect(numbers(kept)).toEqual(span(1_001 - kept.length, 1_000))
      expect(numbers(await rig.store.read(p, "log", { after: { at: 0, n: 0 }, limit: 2 }))).toEqual(
        numbers(kept.slice(0, 2)),
      )
      expect((await rig.store.head(p, "log"))?.n).toBe(1_000)
      expect(await all(p, "whole")).toHaveLength(50)

      const { n } = await committed(rig.store, p, {
        append: [{ ...append("log", "next"), keep: 1 }, append("log", "last")],
      })
      expect(n).toEqual([1_001, 1_002])
      expect(texts(await rig.store.read(p, "log", { limit: 1 }))).toEqual(["last"])
    }))
}
