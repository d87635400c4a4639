/** The frame fuzzer: nonsense from a seed, by people of many addresses, most of it nearly right. */
import { type Chance, seeded } from "../../acceptance/random.ts"
import type { Flood } from "../flood.ts"
import { nonsense } from "../nonsense.ts"

const CONNECTIONS = 8
const FRAMES = 100

const somewhere = (random: Chance): string => `100.64.${random.below(250)}.${random.below(250)}`

export const FUZZ: Flood = {
  name: "nonsense",
  says: "frames of nonsense from a seed, on eight connections",
  connections: CONNECTIONS,
  brief: "both",
  arm: async (mob) => {
    const random = seeded(mob.assignment.seed)
    return () =>
      mob.crowd(CONNECTIONS, async (n) => {
        const guest = await mob.visit({}, somewhere(random))
        // Half of them say only what might be served; the others end their connections again and again.
        const wild = n % 2 === 0 ? 0 : 0.05
        const block = () => Buffer.concat(Array.from({ length: FRAMES }, () => nonsense(random, wild)))
        if (guest) await mob.pour(guest.stranger, FRAMES, block)
      })
  },
}
