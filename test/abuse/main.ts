/**
 * `npm run test:abuse`: every flood and a million frames of nonsense against built hubs on both stores. Prints the
 * page of figures and ends with 1 if anything breaks its bound. Names of floods or of a store may be given.
 */
import { VARIANTS } from "../acceptance/harness.ts"
import { Stage } from "./attacked-hub.ts"
import { breaches } from "./bounds.ts"
import { heading, line } from "./flood-report.ts"
import { FLOODS } from "./floods/flood-list.ts"

const LENGTHS = {
  calmMs: 2_000,
  floodMs: 8_000,
  scale: 1,
  frames: 1_000_000,
  seed: Number(process.env.ABUSE_SEED ?? Date.now() % 1_000_000),
}

const wanted = process.argv.slice(2)
const asked = (name: string, among: readonly string[]): boolean => {
  const named = wanted.filter((word) => among.includes(word))
  return named.length === 0 || named.includes(name)
}
const names = FLOODS.map(({ name }) => name)
const broken: string[] = []

for (const variant of VARIANTS.filter((each) => asked(each, VARIANTS))) {
  const stage = new Stage(variant)
  process.stdout.write(`\n${variant}, seed ${LENGTHS.seed}\n\n${heading()}\n`)
  try {
    for (const flood of FLOODS.filter(({ name }) => asked(name, names))) {
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
