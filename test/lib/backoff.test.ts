import { expect, test } from "vitest"
import { fullJitter } from "../../src/lib/backoff.ts"

const backoff = { baseMs: 100, capMs: 5000 }
const ALMOST_ONE = 1 - Number.EPSILON / 2

test("the ceiling doubles up to the cap, however often it fails", () => {
  const ceilings = [0, 1, 2, 5, 6, 5000].map((attempt) => fullJitter(attempt, backoff, ALMOST_ONE))
  expect(ceilings).toEqual([100, 200, 400, 3200, 5000, 5000])
})

test("anything from nothing to the ceiling may come", () => {
  expect(fullJitter(3, backoff, 0)).toBe(0)
  expect(fullJitter(3, backoff, 0.5)).toBe(400)
})
