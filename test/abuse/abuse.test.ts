/**
 * The short form of the suite: one flood of each kind and twenty thousand frames of nonsense, over both stores where a
 * store is reached. What a busy machine does to a short measurement is told from what the attackers do by trying twice.
 */
import { afterAll, describe, expect, it } from "vitest"
import { VARIANTS } from "../acceptance/harness.ts"
import { Stage } from "./attacked-hub.ts"
import { breaches } from "./bounds.ts"
import { heading, line } from "./flood-report.ts"
import { FLOODS } from "./floods/flood-list.ts"

const LENGTHS = { calmMs: 500, floodMs: 1_200, scale: 0.05, frames: 20_000, seed: Date.now() % 1_000_000 }

describe.each(VARIANTS)("floods in short (%s)", (variant) => {
  const stage = new Stage(variant)
  afterAll(() => stage.end())

  const floods = FLOODS.filter(({ brief }) => brief === "both" || brief === variant)

  it.each(floods)("2 $name: $says – the others hardly notice", async (flood) => {
    const first = await stage.suffer(flood, LENGTHS)
    if (breaches(first).length === 0) return
    const second = await stage.suffer(flood, LENGTHS)
    const page = [`seed ${LENGTHS.seed}`, heading(), line(first), line(second)].join("\n")
    expect(breaches(second), page).toEqual([])
  })
})
