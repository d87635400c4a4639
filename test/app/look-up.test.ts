/** A look-up that others overtake again and again: bounded, with pauses, counted, and answered `unavailable`. */
import { expect, test } from "vitest"
import { AGAIN, lookUp, UNOBSERVED } from "../../src/repository/transact.ts"
import { StoreUnavailable } from "../../src/store/contract.ts"

test("[P5] a lookup that would never end lets other work run in between, and is given up", async () => {
  const counted = { again: 0, givenUp: 0 }
  const contention = {
    ...UNOBSERVED,
    conflict: () => void counted.again++,
    exhausted: () => void counted.givenUp++,
  }
  let turns = 0
  let timer = setTimeout(function turn() {
    turns += 1
    timer = setTimeout(turn, 1)
  }, 1)
  const looked = lookUp({ contention }, "a place", async () => AGAIN)
  await expect(looked).rejects.toBeInstanceOf(StoreUnavailable)
  clearTimeout(timer)
  expect(counted.givenUp).toBe(1)
  expect(counted.again).toBeGreaterThan(50)
  expect(turns).toBeGreaterThan(20)
})

test("a lookup that was overtaken a few times still answers", async () => {
  let left = 5
  const looked = await lookUp({ contention: UNOBSERVED }, "a place", async () =>
    left-- > 0 ? AGAIN : "there",
  )
  expect(looked).toBe("there")
})
