/** Many devices of one person: 10, or as many as `--devices` says. */
import { LOAD_FIGURES, loadRooms, usualLoad } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

const CONNECTIONS = 300

const fanout = (name: string, standard: number): Scenario => ({
  name,
  summary: `stored messages to ${standard} devices of each person, as many as go through; one device writes`,
  figures: LOAD_FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => {
    const { sizes, short } = stage.options
    const devices = sizes.devices ?? standard
    return loadRooms(stage, {
      ...usualLoad(stage),
      rooms: sizes.rooms ?? Math.max(2, Math.round((short ? 40 : CONNECTIONS) / devices)),
      devices,
      senders: sizes.senders ?? 1,
      window: sizes.window ?? 3,
    })
  },
})

export const fanout10 = fanout("fanout", 10)
export const fanout100 = fanout("fanout-100", 100)
