import { expect, test } from "vitest"
import type { Change, PartitionName } from "../../../src/store/contract.ts"
import { bytes, committed, conflicted, type Rig, text, texts } from "./rig.ts"

export function commitRules(rig: Rig): void {
  /** Everything a change could have touched, as it is now. */
  const everything = async (p: PartitionName) => ({
    records: await rig.store.load(p, ["kept", "gone", "new"]),
    log: texts(await rig.store.read(p, "log", { limit: 100 })),
    head: await rig.store.head(p, "log"),
    ranking: await rig.store.rank(p, "ranking", { limit: 100 }),
    known: await rig.store.findResults(p, [{ scope: "s", key: "again" }]),
  })

  const beginning: Change = {
    put: [
      ["kept", bytes("1")],
      ["gone", bytes("1")],
    ],
    append: [{ log: "log", value: bytes("first") }],
    rank: [
      ["ranking", "old", 1],
      ["ranking", "leaver", 2],
    ],
  }

  const wholeChange: Change = {
    id: { scope: "s", key: "again" },
    put: [
      ["kept", bytes("2")],
      ["new", bytes("2")],
    ],
    remove: ["gone"],
    append: [
      { log: "log", value: bytes("second"), announce: true },
      { log: "other", value: bytes("too") },
    ],
    rank: [
      ["ranking", "new", 3],
      ["ranking", "leaver", "out"],
    ],
  }

  test("[S1] a commit does all it says", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, beginning)
      const { at, n } = await committed(rig.store, p, wholeChange)
      expect(n).toEqual([2, 1])
      const now = await everything(p)
      expect(now.records.map((record) => text(record.value))).toEqual(["2", undefined, "2"])
      expect(now.log).toEqual(["first", "second"])
      expect(now.ranking).toEqual([
        { member: "new", score: 3 },
        { member: "old", score: 1 },
      ])
      expect(now.known).toEqual([{ kind: "repeated", at, n, answer: "" }])
    }))

  test("[S1] [S2] a conflict leaves nothing of the change behind", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, beginning)
      const before = await everything(p)
      const refusals: Change[] = [
        { ...wholeChange, expect: [["kept", 0]] },
        { ...wholeChange, expect: [["new", 7]] },
        { ...wholeChange, heads: [{ log: "log", n: 0 }] },
        { ...wholeChange, heads: [{ log: "other", below: 0 }] },
      ]
      await Promise.all(refusals.map((change) => conflicted(rig.store, p, change)))
      expect(await everything(p)).toEqual(before)
      expect(await rig.store.head(p, "other")).toBeUndefined()
    }))

  test("[S2] [S6] an expectation of a tag holds for the very entry, not for another of its number", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, beginning)
      const { n, tag } = (await rig.store.head(p, "log")) ?? { n: 0, tag: "" }
      expect(tag).not.toBe("")
      const another = tag.startsWith("A") ? `B${tag.slice(1)}` : `A${tag.slice(1)}`
      await conflicted(rig.store, p, { ...wholeChange, heads: [{ log: "log", n, tag: another }] })
      await conflicted(rig.store, p, { ...wholeChange, heads: [{ log: "empty", n: 0, tag }] })
      await committed(rig.store, p, { ...wholeChange, heads: [{ log: "log", n, tag }] })
      await conflicted(rig.store, p, { put: [["kept", bytes("3")]], heads: [{ log: "log", tag }] })
    }))

  test("[S1] a load sees each commit whole while commits go on", () =>
    rig.inEach(async (p) => {
      const write = async () => {
        for (let turn = 0; turn < 40; turn += 1) {
          const value = bytes(String(turn))
          await committed(rig.store, p, {
            put: [
              ["left", value],
              ["right", value],
            ],
          })
        }
      }
      const writing = write()
      for (let look = 0; look < 40; look += 1) {
        const [left, right] = await rig.store.load(p, ["left", "right"])
        expect(text(right?.value)).toBe(text(left?.value))
      }
      await writing
    }))

  test("[S2] a conflict brings every expected record and head as they are now", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, beginning)
      const [kept, gone, absent] = await rig.store.load(p, ["kept", "gone", "absent"])
      const head = await rig.store.head(p, "log")
      const { records, heads } = await conflicted(rig.store, p, {
        expect: [
          ["kept", kept?.version ?? 0],
          ["gone", 0],
          ["absent", 0],
        ],
        heads: [
          { log: "log", n: 1 },
          { log: "empty", below: 1 },
        ],
      })
      expect([...records.keys()].sort()).toEqual(["absent", "gone", "kept"])
      for (const [key, record] of [
        ["kept", kept],
        ["gone", gone],
        ["absent", absent],
      ] as const) {
        expect(records.get(key)?.version).toBe(record?.version)
        expect(text(records.get(key)?.value)).toBe(text(record?.value))
      }
      expect([...heads.keys()].sort()).toEqual(["empty", "log"])
      expect(heads.get("log")).toEqual(head)
      expect(heads.get("empty")).toBeUndefined()
    }))

  test("[S2] of changes at once each sees what the ones before it put and removed", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, { put: [["k", bytes("1")]] })
      const [first] = await rig.store.load(p, ["k"])
      const held = first?.version ?? 0
      const changes: Change[] = [
        { expect: [["k", held]], remove: ["k"] },
        { expect: [["k", held]], put: [["k", bytes("too late")]] },
        { expect: [["k", 0]], put: [["k", bytes("2")]] },
        { expect: [["k", 0]], put: [["k", bytes("too late")]] },
        { expect: [["k", held]], remove: ["k"] },
      ]
      const kinds = (await Promise.all(changes.map((change) => rig.store.commit(p, change)))).map(
        ({ kind }) => kind,
      )
      expect(kinds).toEqual(["committed", "conflict", "committed", "conflict", "conflict"])
      expect(text((await rig.store.load(p, ["k"]))[0]?.value)).toBe("2")
    }))

  test("[S2] a version is expected exactly, 0 means absent", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, { expect: [["k", 0]], put: [["k", bytes("1")]] })
      await conflicted(rig.store, p, { expect: [["k", 0]], put: [["k", bytes("x")]] })
      const [first] = await rig.store.load(p, ["k"])
      const version = first?.version ?? 0
      await conflicted(rig.store, p, { expect: [["k", version + 1]], put: [["k", bytes("x")]] })
      await committed(rig.store, p, {
        expect: [
          ["k", version],
          ["k2", 0],
        ],
        put: [["k", bytes("2")]],
      })
      await conflicted(rig.store, p, { expect: [["k", version]], remove: ["k"] })
      const [second] = await rig.store.load(p, ["k"])
      expect(text(second?.value)).toBe("2")
      await committed(rig.store, p, { expect: [["k", second?.version ?? 0]], remove: ["k"] })
      await committed(rig.store, p, { expect: [["k", 0]] })
    }))

  test("[S2] `n` expects a head exactly, `below` a smaller one", () =>
    rig.inEach(async (p) => {
      const append = [{ log: "other", value: bytes("x") }]
      const head = (wish: { n?: number; below?: number }): Change => ({
        heads: [{ log: "log", ...wish }],
        append,
      })
      for (const wish of [{ n: 0 }, { below: 1 }, { n: 0, below: 5 }])
        await committed(rig.store, p, head(wish))
      for (const wish of [{ n: 1 }, { below: 0 }]) await conflicted(rig.store, p, head(wish))

      await committed(rig.store, p, {
        append: ["a", "b", "c"].map((word) => ({ log: "log", value: bytes(word) })),
      })
      for (const wish of [{ n: 3 }, { below: 4 }, { below: 99 }]) await committed(rig.store, p, head(wish))
      for (const wish of [{ n: 0 }, { n: 2 }, { n: 4 }, { below: 3 }, { below: 0 }, { n: 3, below: 3 }]) {
        await conflicted(rig.store, p, head(wish))
      }
      expect(await rig.store.read(p, "other", { limit: 100 })).toHaveLength(6)
    }))

  test("[S2] what was expected of the log appended to is its head before the commit", () =>
    rig.inEach(async (p) => {
      const next = (n: number): Change => ({
        heads: [{ log: "log", n }],
        append: [{ log: "log", value: bytes("x") }],
      })
      const results = await Promise.all(Array.from({ length: 10 }, () => rig.store.commit(p, next(0))))
      expect(results.filter((result) => result.kind === "committed")).toHaveLength(1)
      expect((await committed(rig.store, p, next(1))).n).toEqual([2])
    }))

  test("[S2] concurrent changes of one record are never lost; the conflict is enough to decide again", () =>
    rig.inEach(async (p) => {
      const increment = async () => {
        let seen = { version: 0, count: 0 }
        for (;;) {
          const value = bytes(String(seen.count + 1))
          const result = await rig.store.commit(p, {
            expect: [["count", seen.version]],
            put: [["count", value]],
          })
          if (result.kind !== "conflict") return
          const record = result.records.get("count")
          seen = { version: record?.version ?? 0, count: Number(text(record?.value) ?? 0) }
        }
      }
      await Promise.all(Array.from({ length: 25 }, increment))
      const [record] = await rig.store.load(p, ["count"])
      expect(text(record?.value)).toBe("25")
    }))
}
