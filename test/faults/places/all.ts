/** The places by name. */
import { openClocks } from "./clocks.ts"
import { openCluster, openWaitingCluster } from "./cluster.ts"
import { openCramped, openCrampedEmbedded } from "./cramped.ts"
import { openEmbedded } from "./embedded.ts"
import { openPair, openWaitingPair } from "./pair.ts"
import type { OpenPlace } from "./place.ts"
import { openSentinel, openWaitingSentinel } from "./sentinel.ts"
import { openSingle } from "./single.ts"

export const PLACES: Readonly<Record<string, OpenPlace>> = {
  embedded: openEmbedded,
  single: openSingle,
  clocks: openClocks,
  cramped: openCramped,
  "cramped embedded": openCrampedEmbedded,
  pair: openPair,
  "waiting pair": openWaitingPair,
  sentinel: openSentinel,
  "waiting sentinel": openWaitingSentinel,
  cluster: openCluster,
  "waiting cluster": openWaitingCluster,
}

export function openerOf(name: string): OpenPlace {
  const open = PLACES[name]
  if (!open) throw new Error(`no place is called ${name}; there are ${Object.keys(PLACES).join(", ")}`)
  return open
}
