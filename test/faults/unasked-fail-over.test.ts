/** On a starved machine Sentinels take a slow primary for dead. What that may lose is excused, and nothing else. */
import { expect, test } from "vitest"
import { openSentinel } from "./deployments/sentinel.ts"
import { eventually } from "./eventually.ts"

const TEST_DEADLINE_MS = 120_000

test(
  "a fail-over that no fault of the day asked for is on the record",
  async () => {
    const deployment = await openSentinel()
    try {
      expect(deployment.unasked).toEqual([])
      const before = performance.now()
      await deployment.stall(8_000)
      await eventually("a fail-over", () => deployment.unasked.length === 1, 60_000)
      const [window] = deployment.unasked
      expect(window?.from).toBeGreaterThan(before - 5_000)
      expect(window?.to).toBeGreaterThan(performance.now())
      await deployment.calm()
      await deployment.faults["planned fail-over"]?.({ at: 0, fault: "", which: 0, lasts: 0 })
      expect(deployment.unasked).toEqual([window])
    } finally {
      await deployment.stop()
    }
  },
  TEST_DEADLINE_MS,
)
