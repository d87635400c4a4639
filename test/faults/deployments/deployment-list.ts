/** The deployments by name. */
import { openClocks } from "./clocks.ts"
import { openCluster, openWaitingCluster } from "./cluster.ts"
import { openCramped, openCrampedEmbedded } from "./cramped.ts"
import type { OpenDeployment } from "./deployment.ts"
import { openEmbedded } from "./embedded.ts"
import { openPair, openWaitingPair } from "./pair.ts"
import { openSentinel, openWaitingSentinel } from "./sentinel.ts"
import { openSingle } from "./single.ts"

export const DEPLOYMENTS: Readonly<Record<string, OpenDeployment>> = {
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

export function openerOf(name: string): OpenDeployment {
  const open = DEPLOYMENTS[name]
  if (!open)
    throw new Error(`no deployment is called ${name}; there are ${Object.keys(DEPLOYMENTS).join(", ")}`)
  return open
}
