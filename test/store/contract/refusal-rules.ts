import { expect, test } from "vitest"
import { type Change, StoreUnavailable } from "../../../src/store/contract.ts"
import { bytes, committed, conflicted, type Rig } from "./rig.ts"

const LONG = "k".repeat(513)
/** 171 characters, 513 bytes. */
const WIDE = "\u20ac".repeat(171)
const append = (more: object): Change => ({ append: [{ log: "log", value: bytes("x"), ...more }] })

/** What no engine can do is refused by each of them, before anything of the change is done. */
const REFUSED: readonly (readonly [what: string, change: Change])[] = [
  ["a score of Infinity", { rank: [["r", "m", Number.POSITIVE_INFINITY]] }],
  ["a score of -Infinity", { rank: [["r", "m", Number.NEGATIVE_INFINITY]] }],
  ["a score that is no number", { rank: [["r", "m", Number.NaN]] }],
  ["a pointer to a later entry", append({ of: 0 })],
  ["a pointer to half an entry", append({ of: -0.5 })],
  ["a pointer that is no number", append({ of: Number.NaN })],
  ["a floor without end", append({ floor: Number.POSITIVE_INFINITY })],
  ["a number to keep that is none", append({ keep: Number.NaN })],
  ["a version that is no whole number", { expect: [["key", 0.5]] }],
  ["a head that is no whole number", { heads: [{ log: "log", n: 1.5 }] }],
  ["a bound that is no number", { heads: [{ log: "log", below: Number.NaN }] }],
  ["a long key", { put: [[LONG, bytes("x")]] }],
  ["a key of many bytes", { remove: [WIDE] }],
  ["a long member", { rank: [["r", LONG, 1]] }],
  ["no time to live", { expire: [{ key: "key", seconds: 0 }] }],
  ["a time to live without end", { expire: [{ log: "log", seconds: Number.POSITIVE_INFINITY }] }],
  ["a long scope", { id: { scope: LONG, key: "k" } }],
]

export function refusalRules(rig: Rig): void {
  test.each(REFUSED)("[S14] [S1] %s is refused, and nothing of the change is done", (_, change) =>
    rig.inEach(async (p) => {
      const whole: Change = { ...change, put: [["beside", bytes("x")], ...(change.put ?? [])] }
      await expect(rig.store.commit(p, whole)).rejects.toBeInstanceOf(RangeError)
      const [beside] = await rig.store.load(p, ["beside"])
      expect(beside?.version).toBe(0)
      expect(await rig.store.head(p, "log")).toBeUndefined()
    }),
  )

  test.each([
    ["records", (name: string) => (rig: Rig, p: string) => rig.store.load(p, [name])],
    ["logs", (name: string) => (rig: Rig, p: string) => rig.store.read(p, name, { limit: 1 })],
    ["heads", (name: string) => (rig: Rig, p: string) => rig.store.head(p, name)],
    ["rankings", (name: string) => (rig: Rig, p: string) => rig.store.rank(p, name, { limit: 1 })],
    ["sizes", (name: string) => (rig: Rig, p: string) => rig.store.size(p, name)],
  ])("[S14] names that are too long are refused in %s", (_, read) =>
    rig.inEach(async (p) => {
      await expect(read(LONG)(rig, p)).rejects.toBeInstanceOf(RangeError)
    }),
  )

  test("[S15] a founded partition takes commits only if it holds a record; others of the turn are not harmed", () =>
    rig.inEach(async (p) => {
      const founded: Change = { ...append({}), founded: true }
      const [first, second] = await Promise.allSettled([
        rig.store.commit(p, founded),
        rig.store.commit(p, { put: [["other", bytes("x")]] }),
      ])
      expect([first?.status, second?.status]).toEqual(["rejected", "fulfilled"])
      if (first?.status === "rejected") expect(first.reason).toBeInstanceOf(StoreUnavailable)
      expect(await rig.store.head(p, "log")).toBeUndefined()
      await committed(rig.store, p, founded)
    }))

  test("[S2] a head is never a negative number, nor below one", () =>
    rig.inEach(async (p) => {
      for (const negative of [-1, -2, -30_000]) {
        await conflicted(rig.store, p, { ...append({}), heads: [{ log: "log", n: negative }] })
        await conflicted(rig.store, p, { ...append({}), heads: [{ log: "log", below: negative }] })
      }
      await conflicted(rig.store, p, { ...append({}), heads: [{ log: "log", below: 0 }] })
      await committed(rig.store, p, { ...append({}), heads: [{ log: "log", n: 0, below: 1 }] })
      await conflicted(rig.store, p, { ...append({}), heads: [{ log: "log", n: -1, below: 9 }] })
    }))
}
