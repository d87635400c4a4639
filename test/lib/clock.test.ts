import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { systemClock } from "../../src/lib/clock.ts"

const DAY = 24 * 60 * 60 * 1000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const counted = (ms: number) => {
  const runs = { count: 0, cancel: () => {} }
  runs.cancel = systemClock.after(ms, () => {
    runs.count += 1
  })
  return runs
}

test("runs once, when the time has passed", () => {
  const runs = counted(100)
  vi.advanceTimersByTime(99)
  expect(runs.count).toBe(0)
  vi.advanceTimersByTime(1000)
  expect(runs.count).toBe(1)
})

test("waits longer than setTimeout can", () => {
  const runs = counted(60 * DAY)
  vi.advanceTimersByTime(60 * DAY - 1)
  expect(runs.count).toBe(0)
  vi.advanceTimersByTime(1)
  expect(runs.count).toBe(1)
})

test.each([Number.POSITIVE_INFINITY, 1e300])("%d is never", (ms) => {
  const runs = counted(ms)
  vi.advanceTimersByTime(400 * DAY)
  expect(runs.count).toBe(0)
})

test.each([0, -5, Number.NEGATIVE_INFINITY])("%d is soon, but never within the call", (ms) => {
  const runs = counted(ms)
  expect(runs.count).toBe(0)
  vi.advanceTimersByTime(1)
  expect(runs.count).toBe(1)
})

test("a cancelled one does not run, also after it was armed again", () => {
  const runs = counted(60 * DAY)
  vi.advanceTimersByTime(30 * DAY)
  runs.cancel()
  runs.cancel()
  vi.advanceTimersByTime(60 * DAY)
  expect(runs.count).toBe(0)
})

test("the wall clock may be set: the wait is the same", () => {
  const runs = counted(60 * DAY)
  vi.setSystemTime(0)
  vi.advanceTimersByTime(60 * DAY)
  expect(runs.count).toBe(1)
})
