/** A fixed rate, as the world gives it: senders do not wait for answers, and latency counts from the intended moment. */
import { LOAD_FIGURES, loadRooms, usualLoad } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

export const open: Scenario = {
  name: "open",
  summary:
    "500 messages a second (--rate) to the 3 devices of 100 people and an agent's console, at random moments",
  figures: LOAD_FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => {
    const { sizes, short } = stage.options
    return loadRooms(stage, { ...usualLoad(stage, 8), perSecond: sizes.rate ?? (short ? 100 : 500) })
  },
}
