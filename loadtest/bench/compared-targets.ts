/** Which targets a run compares: the hub first, then the opponents that were asked for and can do the same. */
import type { Scenario } from "../scenarios/scenario.ts"
import { hub } from "../targets/hub-target.ts"
import { opponent } from "../targets/opponent-target.ts"
import { peer } from "../targets/peer.ts"
import type { Target } from "../targets/target.ts"
import type { Options } from "./options.ts"

export function targetsOf(scenario: Scenario, options: Options): Target[] {
  const { store, nodes, before } = options
  const settings = {
    store,
    nodes,
    ...(scenario.app && { app: scenario.app }),
    ...(scenario.partitions !== undefined && { partitions: scenario.partitions }),
    ...(scenario.distanceMs !== undefined && { distanceMs: scenario.distanceMs }),
    lifted: scenario.limits !== "default",
  }
  const targets = [hub(settings)]
  if (before !== undefined) targets.push(hub({ ...settings, root: before }, "before"))
  for (const name of options.opponents ?? scenario.opponents) {
    if (name !== "bare" && name !== "usual")
      throw new Error(`--opponent: there is no ${name}, only bare and usual.`)
    // Without an adapter two bare nodes are two worlds.
    if (scenario.opponents.includes(name) && (name === "usual" || nodes === 1))
      targets.push(opponent(name, nodes))
  }
  if (options.peer !== undefined) {
    if (options.adapter === undefined)
      throw new Error("--peer needs --adapter, the module that speaks to it.")
    targets.push(peer(options.peer, options.adapter, options.peerPids))
  }
  return targets
}
