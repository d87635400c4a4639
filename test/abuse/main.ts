/**
 * `npm run test:abuse`: every flood and a million frames of nonsense against built hubs on both stores. Prints the
 * page of figures and ends with 1 if anything breaks its bound. Names of floods or of a store may be given.
 */

import { asked } from "../command-line.ts"
import { Stage } from "./attacked-hub.ts"
import { breaches } from "./bounds.ts"
import { readFloodOptions } from "./flood-options.ts"
import { heading, line } from "./flood-report.ts"

const LENGTHS = {
  calmMs: 2_000,
  floodMs: 8_000,
  scale: 1,
  frames: 1_000_000,
  seed: Number(process.env.ABUSE_SEED ?? Date.now() % 1_000_000),
}

const { variants, floods } = asked(readFloodOptions)
const broken: string[] = []

for (const variant of variants) {
  const stage = new Stage(variant)
  process.stdout.write(`\n${variant}, seed ${LENGTHS.seed}\n\n${heading()}\n`)
  try {
    for (const flood of floods) {
      try {
        const outcome = await stage.suffer(flood, LENGTHS)
        process.stdout.write(`${line(outcome)}\n`)
        broken.push(...breaches(outcome).map((what) => `${variant}: ${what}`))
      } catch (error) {
        broken.push(`${variant}: ${flood.name} could not be played: ${error}`)
      }
    }
  } finally {
    await stage.end()
  }
}
process.stdout.write(broken.length === 0 ? "\nEvery bound holds.\n" : `\n${broken.join("\n")}\n`)
process.exit(broken.length === 0 ? 0 : 1)
