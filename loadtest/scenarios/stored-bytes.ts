/** What a stored message takes in Redis, everything included, and which keys take it. */
import { loadRooms } from "./rooms-load.ts"
import type { Scenario } from "./scenario.ts"

const ROOMS = 100
const SECONDS = 8
/** Bytes per message: less is not worth a row. */
const SHOWN_FROM = 1

export const bytes: Scenario = {
  name: "bytes",
  summary: "the memory of Redis for a stored message of 200 characters, by kinds of keys",
  figures: [
    { key: "storeBytes", label: "Redis memory per message, all included", unit: "bytes", compared: true },
    { key: "keyBytes", label: "of that in keys", unit: "bytes", compared: true },
    { key: "messages", label: "messages stored", unit: "", compared: false },
    { key: "perRoom", label: "messages of each conversation", unit: "", compared: false },
  ],
  opponents: ["usual"],
  async run(stage) {
    const { sizes, short } = stage.options
    const rooms = sizes.rooms ?? (short ? 10 : ROOMS)
    const outcome = await loadRooms(stage, {
      rooms,
      devices: 1,
      senders: 1,
      window: 4,
      characters: sizes.characters ?? 200,
      consoles: 0,
      warmSeconds: 0,
      seconds: short ? 1 : SECONDS,
      generators: 1,
    })
    const { storeBytes = 0, stored = 0 } = outcome.figures
    const groups = await stage.running.keyGroups()
    const all = groups.reduce((sum, group) => sum + group.bytes, 0)
    return {
      ...outcome,
      plots: [],
      figures: { storeBytes, keyBytes: all / stored, messages: stored, perRoom: stored / rooms },
      tables: [
        {
          title: "Bytes per message by kind of key",
          heads: ["keys", "number", "bytes per message"],
          rows: [
            ...groups
              .filter((group) => group.bytes / stored >= SHOWN_FROM)
              .map((group) => [group.name, String(group.keys), (group.bytes / stored).toFixed(1)]),
            ["all keys, the small ones included", "", (all / stored).toFixed(1)],
            ["everything, as Redis counts its memory", "", storeBytes.toFixed(1)],
          ],
        },
      ],
    }
  },
}
