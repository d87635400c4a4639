/** As fast as it goes: every device writes its next message when the last one was acknowledged. */
import { LOAD_FIGURES, loadRooms } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

export const saturation: Scenario = {
  name: "saturation",
  summary: "stored messages to the 3 devices of 100 people and an agent's console, as many as go through",
  figures: LOAD_FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => {
    const { sizes, seconds, short } = stage.options
    const devices = sizes.devices ?? 3
    return loadRooms(stage, {
      rooms: sizes.rooms ?? (short ? 10 : 100),
      devices,
      senders: sizes.senders ?? devices,
      window: sizes.window ?? 1,
      characters: sizes.characters ?? 200,
      consoles: sizes.consoles ?? 1,
      warmSeconds: short ? 0.5 : 3,
      seconds,
      generators: sizes.generators ?? 1,
    })
  },
}
