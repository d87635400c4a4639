import { expect, test } from "vitest"
import { SparseReport } from "../../src/lib/sparse-report.ts"

test("an outage is told at once, and then with how often it was met", () => {
  const lines: string[] = []
  let now = 0
  const report = new SparseReport(
    (error) => lines.push(error instanceof Error ? error.message : String(error)),
    () => now,
  )
  for (now = 0; now < 30_000; now += 10) report.failed(new Error("refused"))
  expect(lines).toEqual(["refused"])
  report.failed(new Error("refused still"))
  expect(lines.at(-1)).toBe("refused still – and 2999 more since the last line")
  now += 60_000
  report.failed(new Error("another one"))
  expect(lines).toHaveLength(3)
  expect(lines.at(-1)).toBe("another one")
})
