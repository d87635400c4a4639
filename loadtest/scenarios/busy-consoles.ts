/** A busy contact centre: many agents watch everything that is written. */
import { LOAD_FIGURES, loadRooms, usualLoad } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

export const consoles: Scenario = {
  name: "consoles",
  summary: "100 agents (--consoles) who watch all of 50 messages a second (--rate)",
  figures: LOAD_FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => {
    const { sizes, short } = stage.options
    const consoles = sizes.consoles ?? (short ? 10 : 100)
    return loadRooms(stage, { ...usualLoad(stage), consoles, perSecond: sizes.rate ?? 50 })
  },
}
