/**
 * The short form of the suite: one flood of each kind and twenty thousand frames of nonsense, over both stores where a
 * store is reached. Some hubs suffer side by side, each its own flood; what breaks a bound there is tried again, up to
 * twice, with nothing beside it, so that what a busy machine does is told from what the attackers do.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { VARIANTS, type Variant } from "../acceptance/harness.ts"
import { Stage } from "./attacked-hub.ts"
import { breaches, type Outcome } from "./bounds.ts"
import type { Flood } from "./flood.ts"
import { heading, line } from "./flood-report.ts"
import { FLOODS } from "./floods/flood-list.ts"

const LENGTHS = { calmMs: 400, floodMs: 1_000, scale: 0.05, frames: 20_000, seed: Date.now() % 1_000_000 }
const BURSTING_MS = 5_000
const lengthsOf = ({ bursts }: Flood): typeof LENGTHS =>
  bursts ? { ...LENGTHS, floodMs: BURSTING_MS } : LENGTHS
/** Three hubs at once, for of a flood's time most is waiting: the one on Redis has fewer, and makes room for another. */
const LANES: readonly (readonly Variant[])[] = [["redis", "embedded"], ["embedded"], ["embedded"]]
const ALL_MS = 300_000
const TRIES_ALONE = 2

/** The long ones first, that none is left alone at the end. */
const weight = ({ bursts, connections }: Flood): number => (bursts ? 1_000 : 0) + connections
const briefly = (variant: Variant): readonly Flood[] =>
  FLOODS.filter(({ brief }) => brief === "both" || brief === variant).sort((a, b) => weight(b) - weight(a))
const nameOf = (variant: Variant, { name }: Flood): string => `${variant} ${name}`

const stages = LANES.map((lane) => lane.map((variant) => new Stage(variant)))
const firsts = new Map<string, Outcome>()

beforeAll(async () => {
  const queues = new Map(VARIANTS.map((variant) => [variant, briefly(variant).values()]))
  const lane = async (inTurn: readonly Stage[]): Promise<void> => {
    for (const stage of inTurn)
      for (const flood of queues.get(stage.variant) ?? []) {
        // What could not even be played is played again, too, and then says why.
        const outcome = await stage.suffer(flood, lengthsOf(flood)).catch(() => undefined)
        if (outcome) firsts.set(nameOf(stage.variant, flood), outcome)
      }
  }
  await Promise.all(stages.map(lane))
}, ALL_MS)
afterAll(() => Promise.all(stages.flat().map((stage) => stage.end())))

describe.each(VARIANTS)("floods in short (%s)", (variant) => {
  it.each(briefly(variant))("2 $name: $says – the others hardly notice", async (flood) => {
    const first = firsts.get(nameOf(variant, flood))
    if (first && breaches(first).length === 0) return
    const stage = stages.flat().find((each) => each.variant === variant)
    if (!stage) throw new Error(`no hub on ${variant}`)
    const outcomes = first ? [first] : []
    for (let alone = 0; alone < TRIES_ALONE; alone += 1) {
      const outcome = await stage.suffer(flood, lengthsOf(flood))
      if (breaches(outcome).length === 0) return
      outcomes.push(outcome)
    }
    const page = [`seed ${LENGTHS.seed}`, heading(), ...outcomes.map(line)].join("\n")
    expect(outcomes.slice(-1).flatMap(breaches), page).toEqual([])
  })
})
