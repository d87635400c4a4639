import { expect, test } from "vitest"
import type { PartitionName, Ranked } from "../../../src/store/contract.ts"
import { committed, type Rig, span } from "./rig.ts"

export function rankingRules(rig: Rig): void {
  const enter = (p: PartitionName, ranking: string, members: readonly Ranked[]) =>
    committed(rig.store, p, { rank: members.map(({ member, score }) => [ranking, member, score] as const) })

  const pages = async (p: PartitionName, ranking: string, limit: number): Promise<Ranked[]> => {
    const found: Ranked[] = []
    for (;;) {
      const last = found.at(-1)
      const page = await rig.store.rank(p, ranking, last === undefined ? { limit } : { before: last, limit })
      expect(page.length).toBeLessThanOrEqual(limit)
      if (page.length === 0) return found
      found.push(...page)
    }
  }

  test("[S8] a ranking is read from the highest score down, ties by member from the highest down", () =>
    rig.inEach(async (p) => {
      const members = span(1, 60).map((k) => ({
        member: `member ${k}`,
        score: [5, 5, 1, 1_700_000_000_123][k % 4] ?? 0,
      }))
      await Promise.all(span(0, 5).map((part) => enter(p, "r", members.slice(part * 10, part * 10 + 10))))
      await enter(p, "r2", [{ member: "other", score: 5 }])
      const order = [...members].sort((a, b) => b.score - a.score || (a.member < b.member ? 1 : -1))
      expect(await rig.store.rank(p, "r", { limit: 1_000 })).toEqual(order)
      for (const limit of [1, 7, 15, 60]) expect(await pages(p, "r", limit)).toEqual(order)
      expect(await rig.store.rank(p, "none", { limit: 9 })).toEqual([])
    }))

  test("[S8] of the scores that commits of one turn give a member, the last one holds, also when it left in between", () =>
    rig.inEach(async (p) => {
      const give = (member: string, score: number | "out") =>
        committed(rig.store, p, { rank: [["r", member, score]] })
      await Promise.all([
        give("a", 3),
        give("b", 9),
        give("a", 1),
        give("b", "out"),
        give("b", 2),
        give("a", 5),
      ])
      await Promise.all([give("c", 7), give("d", 4), give("c", 8), give("d", 1)])
      await Promise.all([give("e", 7), give("e", 8), give("e", "out")])
      expect(await rig.store.rank(p, "r", { limit: 9 })).toEqual([
        { member: "c", score: 8 },
        { member: "a", score: 5 },
        { member: "b", score: 2 },
        { member: "d", score: 1 },
      ])
    }))

  test("[S8] several rankings are read as one, page by page, also among equal scores", () =>
    rig.inEach(async (p) => {
      const members = span(1, 90).map((k) => ({ member: `member ${k}`, score: [7, 7, 7, 1, k][k % 5] ?? 0 }))
      const parts = { a: members.slice(0, 50), b: members.slice(50, 89), c: members.slice(89) }
      for (const [ranking, some] of Object.entries(parts)) await enter(p, ranking, some)
      const order = Object.entries(parts)
        .flatMap(([ranking, some]) => some.map((one) => ({ ...one, ranking })))
        .sort((a, b) => b.score - a.score || (a.member < b.member ? 1 : -1))
      const names = ["a", "none", "b", "c"]
      expect(await rig.store.rankTogether(p, names, { limit: 1_000 })).toEqual(order)
      for (const limit of [1, 7, 30]) {
        const found: Ranked[] = []
        for (let page = await rig.store.rankTogether(p, names, { limit }); page.length > 0; ) {
          expect(page.length).toBeLessThanOrEqual(limit)
          found.push(...page)
          const before = page.at(-1)
          page = before ? await rig.store.rankTogether(p, names, { before, limit }) : []
        }
        expect(found).toEqual(order)
      }
      expect(await rig.store.rankTogether(p, names, { limit: 0 })).toEqual([])
      expect(await rig.store.rankTogether(p, [], { limit: 9 })).toEqual([])
    }))

  test("[S8] a member that two rankings have with one score is not cut in two by a page", () =>
    rig.inEach(async (p) => {
      await enter(p, "a", [{ member: "twice", score: 5 }])
      await enter(p, "b", [
        { member: "twice", score: 5 },
        { member: "once", score: 4 },
      ])
      const page = await rig.store.rankTogether(p, ["a", "b"], { limit: 1 })
      expect(page.map(({ member, ranking }) => `${member} in ${ranking}`).sort()).toEqual([
        "twice in a",
        "twice in b",
      ])
    }))

  test("[S8] the place read on from need not be taken", () =>
    rig.inEach(async (p) => {
      await enter(
        p,
        "r",
        [1, 2, 2, 3].map((score, index) => ({ member: `m${index}`, score })),
      )
      const below = async (member: string, score: number) =>
        (await rig.store.rank(p, "r", { before: { member, score }, limit: 9 })).map((ranked) => ranked.member)
      expect(await below("zz", 2)).toEqual(["m2", "m1", "m0"])
      expect(await below("m1x", 2)).toEqual(["m1", "m0"])
      expect(await below("", 2)).toEqual(["m0"])
      expect(await below("x", 2.5)).toEqual(["m2", "m1", "m0"])
      expect(await below("x", 99)).toEqual(["m3", "m2", "m1", "m0"])
      expect(await below("x", -1)).toEqual([])
    }))

  test("[S8] a member has one place: a new score moves it, `out` takes it away", () =>
    rig.inEach(async (p) => {
      await enter(p, "r", [
        { member: "a", score: 1 },
        { member: "b", score: 2 },
        { member: "c", score: 3 },
      ])
      await enter(p, "r", [
        { member: "a", score: 9 },
        { member: "b", score: 2 },
      ])
      expect(await rig.store.rank(p, "r", { limit: 9 })).toEqual([
        { member: "a", score: 9 },
        { member: "c", score: 3 },
        { member: "b", score: 2 },
      ])
      await committed(rig.store, p, {
        rank: [
          ["r", "c", "out"],
          ["r", "never", "out"],
          ["r", "b", -4],
        ],
      })
      expect(await rig.store.rank(p, "r", { limit: 9 })).toEqual([
        { member: "a", score: 9 },
        { member: "b", score: -4 },
      ])
    }))

  test("[S8] a score is any finite number and stays what it was", () =>
    rig.inEach(async (p) => {
      const scores = [
        Number.MAX_SAFE_INTEGER,
        1e300,
        1_700_000_000_123,
        0.1 + 0.2,
        0.3,
        5e-324,
        0,
        -0.5,
        -1,
        -1e300,
      ]
      await enter(
        p,
        "r",
        scores.map((score) => ({ member: `is ${score}`, score })),
      )
      const order = [...scores].sort((a, b) => b - a)
      expect((await pages(p, "r", 3)).map((ranked) => ranked.score)).toEqual(order)
    }))

  test("[S8] members that move while pages are read are missed or met once, the others always once", () =>
    rig.inEach(async (p) => {
      const still = span(1, 30).map((k) => ({ member: `still ${k}`, score: k }))
      await enter(p, "r", [...still, { member: "mover", score: 0.5 }])
      const first = await rig.store.rank(p, "r", { limit: 10 })
      await committed(rig.store, p, { rank: [["r", "mover", "now"]] })
      const last = first.at(-1)
      if (last === undefined) throw new Error("a page of ten was asked for")
      const rest = await rig.store.rank(p, "r", { before: last, limit: 100 })
      expect([...first, ...rest].map((ranked) => ranked.score)).toEqual(span(1, 30).reverse())
    }))

  test("[S8] among many equal scores a place is found without reading what stands above it", () =>
    rig.inEach(async (p) => {
      const members = span(1, 1_500).map((k) => ({
        member: `member ${String(k).padStart(5, "0")}`,
        score: 0,
      }))
      for (let at = 0; at < members.length; at += 100) await enter(p, "ties", members.slice(at, at + 100))
      await enter(p, "ties", [
        { member: "higher", score: 1 },
        { member: "lower", score: -1 },
      ])
      const page = async (before: Ranked, limit: number) =>
        (await rig.store.rank(p, "ties", { before, limit })).map(({ member }) => member)
      expect(await page({ member: "member 00100\u{10ffff}", score: 0 }, 2)).toEqual([
        "member 00100",
        "member 00099",
      ])
      expect(await page({ member: "member 00003", score: 0 }, 9)).toEqual([
        "member 00002",
        "member 00001",
        "lower",
      ])
      expect(await page({ member: "a", score: 0 }, 9)).toEqual(["lower"])
      expect(await page({ member: "member 00001", score: 0.5 }, 1)).toEqual(["member 01500"])
    }))
}
