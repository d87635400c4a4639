/** As fast as it goes: every device writes its next message when the last one was acknowledged. */
import { LOAD_FIGURES, loadRooms, usualLoad } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

export const saturation: Scenario = {
  name: "saturation",
  summary: "stored messages to the 3 devices of 100 people and an agent's console, as many as go through",
  figures: LOAD_FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => loadRooms(stage, { ...usualLoad(stage), window: stage.options.sizes.window ?? 1 }),
}
