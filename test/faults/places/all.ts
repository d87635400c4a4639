/** The places by name. */
import { openEmbedded } from "./embedded.ts"
import type { OpenPlace } from "./place.ts"
import { openSingle } from "./single.ts"

export const PLACES: Readonly<Record<string, OpenPlace>> = {
  embedded: openEmbedded,
  single: openSingle,
}

export function openerOf(name: string): OpenPlace {
  const open = PLACES[name]
  if (!open) throw new Error(`no place is called ${name}; there are ${Object.keys(PLACES).join(", ")}`)
  return open
}
