import { expect, test } from "vitest"
import type { Change, CommitId } from "../../../src/store/contract.ts"
import { bytes, committed, conflicted, type Rig, span, text, texts } from "./rig.ts"

const id = (key: string, scope = "user"): CommitId => ({ scope, key })

export function idRules(rig: Rig): void {
  test("[S4] a repeated commit changes nothing and gives the first answer, also when it would conflict by now", () =>
    rig.inEach(async (p) => {
      const change: Change = {
        id: id("send-1"),
        answer: "the first answer",
        expect: [["k", 0]],
        heads: [{ log: "b", n: 0 }],
        put: [["k", bytes("1")]],
        append: ["a", "b", "b"].map((log) => ({ log, value: bytes("x") })),
        rank: [["r", "m", 1]],
      }
      const first = await committed(rig.store, p, change)
      expect(first.n).toEqual([1, 1, 2])
      const before = await rig.store.load(p, ["k"])
      await committed(rig.store, p, { rank: [["r", "m", 2]] })

      const other: Change = { ...change, answer: "another answer", expect: [], heads: [] }
      for (const again of [change, other]) {
        const result = await rig.store.commit(p, again)
        expect(result).toEqual({ kind: "repeated", at: first.at, n: [1, 1, 2], answer: "the first answer" })
      }
      expect(await rig.store.load(p, ["k"])).toEqual(before)
      expect(await rig.store.read(p, "b", { limit: 9 })).toHaveLength(2)
      expect(await rig.store.rank(p, "r", { limit: 9 })).toEqual([{ member: "m", score: 2 }])
    }))

  test("[S4] of 20 concurrent commits with one id one is applied, and all get its answer", () =>
    rig.inEach(async (p) => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          rig.store.commit(p, {
            id: id("once"),
            answer: `try ${index}`,
            append: [{ log: "log", value: bytes(`try ${index}`) }],
          }),
        ),
      )
      const applied = results.filter((result) => result.kind === "committed")
      const repeated = results.filter((result) => result.kind === "repeated")
      expect([applied.length, repeated.length]).toEqual([1, 19])
      const entries = await rig.store.read(p, "log", { limit: 100 })
      expect(entries).toHaveLength(1)
      for (const result of repeated) {
        expect(result).toEqual({
          kind: "repeated",
          at: applied[0]?.at,
          n: [1],
          answer: text(entries[0]?.value),
        })
      }
    }))

  test("[S4] a conflict does not use the id up", () =>
    rig.inEach(async (p) => {
      const change: Change = { id: id("later"), append: [{ log: "log", value: bytes("x") }] }
      await conflicted(rig.store, p, { ...change, expect: [["k", 1]] })
      expect(await rig.store.findResults(p, [id("later")])).toEqual([undefined])
      expect((await committed(rig.store, p, change)).n).toEqual([1])
    }))

  test("[S18] what follows a commit is a conflict where that one is not known, and uses no id up", () =>
    rig.inEach(async (p) => {
      const first: Change = { id: id("first"), append: [{ log: "log", value: bytes("1") }] }
      const second: Change = {
        id: id("second"),
        after: id("first"),
        expect: [["k", 0]],
        append: [{ log: "log", value: bytes("2") }],
      }
      for (const wrong of [id("other"), id("first", "another user"), id("second")]) {
        const { records } = await conflicted(rig.store, p, { ...second, after: wrong })
        expect(records.get("k")).toEqual({ version: 0, value: undefined })
      }
      await conflicted(rig.store, p, second)
      await conflicted(rig.store, p, { ...first, expect: [["k", 1]] })
      await conflicted(rig.store, p, second)
      await committed(rig.store, p, first)
      await committed(rig.store, p, second)
      expect(texts(await rig.store.read(p, "log", { limit: 9 }))).toEqual(["1", "2"])
      await committed(rig.store, p, { put: [["k", bytes("v")]] })
      expect((await rig.store.commit(p, second)).kind).toBe("repeated")
    }))

  test("[S18] of a hundred handed over at once, each behind the one before, those that are stored are the first ones, in order; behind one that conflicts none is", () =>
    rig.inEach(async (p) => {
      const chain = (log: string, broken?: number) =>
        Promise.all(
          Array.from({ length: 100 }, (_, k) =>
            rig.store.commit(p, {
              id: id(`${log} ${k}`),
              ...(k > 0 && { after: id(`${log} ${k - 1}`) }),
              ...(k === broken && { expect: [["k", 1]] as const }),
              append: [{ log, value: bytes(String(k)) }],
            }),
          ),
        )
      // On the way to a cluster a batch may overtake the one before it.
      const stored = async (log: string, broken?: number): Promise<number> => {
        const kinds = (await chain(log, broken)).map(({ kind }) => kind)
        const count = kinds.filter((kind) => kind === "committed").length
        expect(kinds).toEqual(kinds.map((_, k) => (k < count ? "committed" : "conflict")))
        expect(texts(await rig.store.read(p, log, { limit: 200 }))).toEqual(span(0, count - 1).map(String))
        return count
      }
      expect(await stored("whole")).toBeGreaterThan(0)
      expect(await stored("broken", 40)).toBeLessThanOrEqual(40)
    }))

  test("[S4] ids differ by scope, by key, by the border between them, and by partition", () =>
    rig.inEach(async (p) => {
      const ids = [id("c", "ab"), id("bc", "a"), id("abc", ""), id("", "abc"), id("c:", "ab"), id(":c", "ab")]
      ids.push(id("b\0c", "a"), id("c", "a\0b"), id("c", "AB"))
      const commits = ids.map((one) =>
        committed(rig.store, p, {
          id: one,
          append: [{ log: "log", value: bytes(`${one.scope}/${one.key}`) }],
        }),
      )
      await Promise.all(commits)
      expect(texts(await rig.store.read(p, "log", { limit: 100 }))).toHaveLength(ids.length)
    }))

  test("[S4] answers given under other names are given under these, too; one with an answer of its own is a conflict", () =>
    rig.inEach(async (p) => {
      const first = await committed(rig.store, p, {
        id: id("1", "old"),
        answer: "a",
        append: [{ log: "log", value: bytes("x") }],
      })
      const own = await committed(rig.store, p, { id: id("2", "new"), answer: "own" })
      const known = ["1", "2", "3"].map((key) => ({ id: id(key, "new"), at: first.at, n: [1], answer: "a" }))
      await conflicted(rig.store, p, { expect: [["k", 1]], known })
      const put = [["k", bytes("v")]] as const
      const repeatedOwn = { kind: "repeated", at: own.at, n: [], answer: "own" }
      expect(await rig.store.commit(p, { known, put })).toMatchObject({
        kind: "conflict",
        others: [undefined, repeatedOwn, undefined],
      })
      expect(await rig.store.load(p, ["k"])).toEqual([{ version: 0, value: undefined }])
      expect(await rig.store.findResults(p, [id("1", "new")])).toEqual([undefined])
      const [one, , three] = known
      if (!one || !three) throw new Error("three ids")
      await committed(rig.store, p, { known: [one, three] })
      // Those that are known with the very answer are no conflict.
      await committed(rig.store, p, { known: [one, three] })
      const received = { kind: "repeated", at: first.at, n: [1], answer: "a" }
      expect(
        await rig.store.findResults(
          p,
          ["1", "2", "3"].map((key) => id(key, "new")),
        ),
      ).toEqual([received, repeatedOwn, received])
      expect(
        await rig.store.commit(p, { id: id("1", "new"), append: [{ log: "log", value: bytes("y") }] }),
      ).toEqual(received)
      expect(texts(await rig.store.read(p, "log", { limit: 9 }))).toEqual(["x"])
    }))

  test("[S4] recall gives the first answers in the order asked for", () =>
    rig.inEach(async (p) => {
      const one = await committed(rig.store, p, { id: id("1"), answer: `one in ${p}` })
      const two = await committed(rig.store, p, { id: id("2"), append: [{ log: "log", value: bytes("x") }] })
      expect(one.n).toEqual([])
      const known = await rig.store.findResults(p, [id("2"), id("none"), id("1"), id("1", "else")])
      expect(known).toEqual([
        { kind: "repeated", at: two.at, n: [1], answer: "" },
        undefined,
        { kind: "repeated", at: one.at, n: [], answer: `one in ${p}` },
        undefined,
      ])
      expect(await rig.store.findResults(p, [])).toEqual([])
    }))
}
