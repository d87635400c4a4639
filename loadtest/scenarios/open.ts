/** A fixed rate, as the world gives it: senders do not wait for answers, and latency counts from the intended moment. */
import { LOAD_FIGURES, loadRooms } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

export const open: Scenario = {
  name: "open",
  summary:
    "500 messages a second (--rate) to the 3 devices of 100 people and an agent's console, at random moments",
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
      consoles: sizes.consoles ?? 1,
      perSecond: sizes.rate ?? (short ? 100 : 500),
      warmSeconds: short ? 0.5 : 8,
      seconds,
      generators: sizes.generators ?? 1,
    })
  },
}
