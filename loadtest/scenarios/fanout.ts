/** Many devices of one person: 10, or as many as `--devices` says. */
import { LOAD_FIGURES, loadRooms } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

const CONNECTIONS = 300

const fanout = (name: string, standard: number): Scenario => ({
  name,
  summary: `stored messages to ${standard} devices of each person, as many as go through; one device writes`,
  figures: LOAD_FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => {
    const { sizes, seconds, short } = stage.options
    const devices = sizes.devices ?? standard
    return loadRooms(stage, {
      rooms: sizes.rooms ?? Math.max(2, Math.round((short ? 40 : CONNECTIONS) / devices)),
      devices,
      senders: sizes.senders ?? 1,
      window: sizes.window ?? 3,
      characters: sizes.characters ?? 200,
      consoles: sizes.consoles ?? 1,
      warmSeconds: short ? 0.5 : 3,
      seconds,
      generators: sizes.generators ?? 1,
    })
  },
})

export const fanout10 = fanout("fanout", 10)
export const fanout100 = fanout("fanout-100", 100)
