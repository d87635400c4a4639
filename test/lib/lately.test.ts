import { expect, test } from "vitest"
import { lately } from "../../src/lib/lately.ts"

test.each([
  ["just now", 1_000, true],
  ["a moment ahead, as clocks are", 1_400, true],
  ["as long ago as it counts", 500, false],
  ["while a clock was ahead", 86_401_000, false],
])("what happened %s", (_, at, is) => {
  expect(lately(at, 1_000, 500)).toBe(is)
})
