import { expect, it } from "vitest"
import { makeSchedule, type Schedule } from "./schedule.ts"
import { shrink } from "./shrink.ts"

const wish = {
  deployment: "single",
  people: 8,
  desks: 1,
  acts: 200,
  duration: 10_000,
  faults: ["cut", "kill", "stall", "late"],
  faultCount: 8,
}

it("a seed makes one schedule, another seed another, and every fault has its turn", () => {
  const one = makeSchedule({ ...wish, seed: 7 })
  expect(makeSchedule({ ...wish, seed: 7 })).toEqual(one)
  expect(makeSchedule({ ...wish, seed: 8 })).not.toEqual(one)
  expect(new Set(one.faults.map(({ fault }) => fault))).toEqual(new Set(wish.faults))
  expect(one.acts.map(({ at }) => at)).toEqual(one.acts.map(({ at }) => at).sort((a, b) => a - b))
})

/** Fails when the third person signs in and any node is killed. */
const fails = async ({ acts, faults }: Schedule): Promise<boolean> =>
  faults.some(({ fault }) => fault === "kill") &&
  acts.some(({ act, person }) => act === "signIn" && person === 3)

it("what does not matter is left out", async () => {
  const all = makeSchedule({ ...wish, seed: 3 })
  expect(await fails(all)).toBe(true)
  const { schedule, plays } = await shrink(all, fails, { deadline: Number.POSITIVE_INFINITY })
  expect(schedule.faults.map(({ fault }) => fault)).toEqual(["kill"])
  expect(schedule.acts).toHaveLength(1)
  expect(schedule.acts[0]).toMatchObject({ act: "signIn", person: 3 })
  expect(schedule.devices.filter((count) => count > 0)).toHaveLength(1)
  expect(plays).toBeLessThan(100)
})

it("the search ends with its time, and what it has found by then is no larger", async () => {
  const all = makeSchedule({ ...wish, seed: 3 })
  let plays = 0
  const now = () => plays
  const counted = (schedule: Schedule) => {
    plays += 1
    return fails(schedule)
  }
  const { schedule } = await shrink(all, counted, { deadline: 5, now })
  expect(plays).toBe(5)
  expect(await fails(schedule)).toBe(true)
  expect(schedule.acts.length + schedule.faults.length).toBeLessThanOrEqual(
    all.acts.length + all.faults.length,
  )
})
