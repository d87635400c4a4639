/** What nodes tell one another of what was spent: enough that a limit holds over all of them, and little of it. */
import { expect, test } from "vitest"
import { SharedCounts, type SpentNews } from "../../src/edge/socket/shared-counts.ts"
import { TokenBuckets } from "../../src/edge/socket/token-bucket.ts"
import { ManualClock } from "./manual-clock.ts"

function node(name: string) {
  const clock = new ManualClock()
  const said: SpentNews[] = []
  const received: [string, string, number][] = []
  const counts = new SharedCounts({
    clock,
    node: name,
    send: (message) => said.push(message),
    onSpent: (...spent) => received.push(spent),
  })
  return { clock, said, received, counts }
}

test("what was spent is told together, twice a second; a little when it has become enough", () => {
  const { clock, said, counts } = node("a")
  for (let n = 0; n < 5; n += 1) counts.spent("sends", "app ann", 1)
  counts.spent("sends", "app bob", 1)
  clock.pass(500)
  expect(said).toEqual([{ node: "a", spent: [["sends", "app ann", 5]] }])
  counts.spent("sends", "app bob", 2)
  clock.pass(500)
  expect(said.at(-1)?.spent).toEqual([["sends", "app bob", 3]])
  clock.pass(10_000)
  expect(said).toHaveLength(2)
  expect(clock.waiting).toBe(0)
})

test("a node hears the others, and neither itself nor nonsense", () => {
  const { received, counts } = node("a")
  const spent: SpentNews["spent"] = [["sends", "app ann", 5]]
  for (const message of [{ node: "b", spent }, { node: "a", spent }, { node: "b" }, undefined, { spent }])
    counts.receive(message)
  expect(received).toEqual([["sends", "app ann", 5]])
})

test("what was taken elsewhere is not there any more, and leaves a debt of one burst at most", () => {
  const buckets = new TokenBuckets()
  const rate = { perSecond: 10, burst: 20 }
  expect(buckets.take("ann", rate, 0)).toBe(0)
  buckets.spend("ann", 1_000)
  buckets.spend("nobody here", 1_000)
  expect(buckets.take("ann", rate, 0)).toBe(2_100)
  expect(buckets.take("ann", rate, 2_100)).toBe(0)
  expect(buckets.take("nobody here", rate, 0, 20)).toBe(0)
})
