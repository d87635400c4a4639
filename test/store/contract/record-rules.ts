import { expect, test } from "vitest"
import { bytes, committed, conflicted, type Rig, text } from "./rig.ts"

export function recordRules(rig: Rig): void {
  test("[S3] an absent record has version 0 and no value", () =>
    rig.inEach(async (p) => {
      expect(await rig.store.load(p, ["nothing", "here"])).toEqual([
        { version: 0, value: undefined },
        { version: 0, value: undefined },
      ])
      expect(await rig.store.load(p, [])).toEqual([])
    }))

  test("[S3] records come in the order asked for, as often as asked for", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, {
        put: [
          ["a", bytes(`a of ${p}`)],
          ["b", bytes("")],
        ],
      })
      const [b, none, a, again] = await rig.store.load(p, ["b", "none", "a", "b"])
      expect([text(b?.value), text(none?.value), text(a?.value)]).toEqual(["", undefined, `a of ${p}`])
      expect(again).toEqual(b)
      expect(b?.version).toBeGreaterThan(0)
      expect(none?.version).toBe(0)
    }))

  test("[S3] every put gives a version the record never had, also after it was removed", () =>
    rig.inEach(async (p) => {
      const seen: number[] = []
      for (const step of ["put", "put", "remove", "put", "remove", "put"]) {
        await committed(rig.store, p, step === "put" ? { put: [["k", bytes("same")]] } : { remove: ["k"] })
        const [record] = await rig.store.load(p, ["k"])
        if (step === "remove") expect(record).toEqual({ version: 0, value: undefined })
        else seen.push(record?.version ?? 0)
      }
      expect(new Set(seen).size).toBe(4)
      expect(Math.min(...seen)).toBeGreaterThan(0)
      for (const version of seen.slice(0, -1)) {
        await conflicted(rig.store, p, { expect: [["k", version]], put: [["k", bytes("late")]] })
      }
    }))

  test("[S3] versions differ also when a record is put, removed and put at once", () =>
    rig.inEach(async (p) => {
      const values = new Map<number, string | undefined>()
      const look = async () => {
        const { records } = await conflicted(rig.store, p, { expect: [["k", Number.MAX_SAFE_INTEGER]] })
        const { version, value } = records.get("k") ?? { version: 0, value: undefined }
        if (values.has(version)) expect(text(value)).toBe(values.get(version))
        values.set(version, text(value))
      }
      for (let round = 0; round < 10; round += 1) {
        const put = (word: string) => committed(rig.store, p, { put: [["k", bytes(`${word} ${round}`)]] })
        const remove = () => committed(rig.store, p, { remove: ["k"] })
        await Promise.all([put("one"), look(), remove(), look(), put("two"), look(), put("three"), look()])
        await look()
      }
      expect(values.get(0)).toBeUndefined()
      expect(values.size).toBeGreaterThanOrEqual(10)
    }))

  test("[S3] a commit tells the version of what it put, and of nothing else", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, { put: [["other", bytes("other")]] })
      for (const round of ["first", "second"]) {
        const put = ["a", "b"].map((key) => [key, bytes(`${key} ${round}`)] as const)
        const { version = 0 } = await committed(rig.store, p, {
          put,
          append: [{ log: "l", value: bytes("e") }],
        })
        const loaded = await rig.store.load(p, ["a", "b"])
        expect(loaded.map((record) => record.version)).toEqual([version, version])
        // Whoever knows it goes on without loading.
        await committed(rig.store, p, { expect: put.map(([key]) => [key, version]), remove: ["b"] })
        await conflicted(rig.store, p, { expect: [["other", version]] })
      }
      expect((await committed(rig.store, p, { remove: ["a"] })).version).toBeUndefined()
      const one = { id: { scope: "s", key: "k" }, put: [["c", bytes("c")]] as const }
      expect((await committed(rig.store, p, one)).version).toBeGreaterThan(0)
      // The record may have been written anew since the first answer.
      expect(await rig.store.commit(p, one)).toEqual(
        expect.not.objectContaining({ version: expect.anything() }),
      )
    }))

  test("[S3] a put of one record leaves the version of the others", () =>
    rig.inEach(async (p) => {
      await committed(rig.store, p, {
        put: [
          ["a", bytes("1")],
          ["b", bytes("1")],
        ],
      })
      const before = await rig.store.load(p, ["b"])
      await committed(rig.store, p, { put: [["a", bytes("2")]], remove: ["c"] })
      expect(await rig.store.load(p, ["b"])).toEqual(before)
    }))
}
