/** A busy contact centre: many agents watch everything that is written. */
import { LOAD_FIGURES, loadRooms } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

export const consoles: Scenario = {
  name: "consoles",
  summary: "100 agents (--consoles) who watch all of 50 messages a second (--rate)",
  figures: LOAD_FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => {
    const { sizes, seconds, short } = stage.options
    const devices = sizes.devices ?? 3
    return loadRooms(stage, {
      rooms: sizes.rooms ?? (short ? 10 : 100),
      devices,
      senders: sizes.senders ?? devices,
      window: 1,
      characters: sizes.characters ?? 200,
      consoles: sizes.consoles ?? (short ? 10 : 100),
      perSecond: sizes.rate ?? 50,
      warmSeconds: short ? 0.5 : 3,
      seconds,
      generators: sizes.generators ?? 1,
    })
  },
}
