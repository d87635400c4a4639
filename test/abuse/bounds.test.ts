/** A bound that no outcome breaks proves nothing: each is shown what it is there for. */
import { expect, it, onTestFinished } from "vitest"
import { Stage } from "./attacked-hub.ts"
import { breaches, type Outcome } from "./bounds.ts"
import { FLOODS } from "./floods/flood-list.ts"

const felt = { median: 5, worst: 9, sends: 80, unanswered: 0, live: 12, received: { first: 20, later: 20 } }
const deeds = {
  frames: 1,
  bytes: 1,
  connections: 1,
  connectionsLater: 1,
  refused: 0,
  cuts: 1,
  received: 1,
  internal: 0,
}
const good: Outcome = {
  flood: "none",
  connections: 1,
  calm: felt,
  under: { ...felt, median: 60 },
  core: { first: 1, later: 0.09, judged: true },
  memory: { held: 2_000_000, peak: 200_000_000 },
  deeds,
  missing: 0,
  alive: true,
}

it("2 what the others hardly notice is no breach", () => {
  expect(breaches(good)).toEqual([])
})

it("2 what Node itself takes for a crowd's connections is not the hub's, and one connection gets nothing for it", () => {
  const core = { first: 1, later: 0.34, judged: true, bare: 0.15 }
  expect(breaches({ ...good, connections: 10, core })).toEqual([])
  expect(breaches({ ...good, core })).toHaveLength(1)
})

it.each<[string, Partial<Outcome>]>([
  ["died or froze", { alive: false }],
  ["median send", { under: { ...felt, median: 61 } }],
  ["never answered", { under: { ...felt, unanswered: 1 } }],
  ["/health/live", { under: { ...felt, live: 501 } }],
  ["of a core", { core: { first: 1, later: 0.11, judged: true } }],
  ["of a core", { connections: 20, core: { first: 1, later: 0.21, judged: true } }],
  ["of a core", { connections: 20, core: { first: 1, later: 0.36, judged: true, bare: 0.15 } }],
  ["MB", { memory: { held: 9_000_000, peak: 0 } }],
  ["MB", { memory: { held: Number.NaN, peak: 0 } }],
  ["internal", { deeds: { ...deeds, internal: 1 } }],
  ["never sent", { missing: 1 }],
  ["frames a second at first", { under: { ...felt, received: { first: 601, later: 20 } } }],
  ["goes on receiving", { under: { ...felt, received: { first: 600, later: 151 } } }],
])("2 %s: a breach is called one", (words, part) => {
  const found = breaches({ ...good, ...part })
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(words)
})

const BRIEFLY = { calmMs: 0, floodMs: 1_000, scale: 0.05, frames: 0, seed: 1 }

it("2 a bare server is attacked in the hub's place, and takes something for each connection", async () => {
  const flood = FLOODS.find(({ name }) => name === "early-frames")
  if (!flood) throw new Error("there is no such flood")
  const stage = new Stage("embedded")
  onTestFinished(() => stage.end())
  const seconds = await stage.bareSeconds(flood, BRIEFLY)
  expect(seconds).toBeGreaterThan(0.000_01)
  expect(seconds).toBeLessThan(0.01)
})
