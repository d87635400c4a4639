/** Two nodes over a cluster of three masters with a replica each. */
import { setTimeout as delay } from "node:timers/promises"
import type { Fault } from "../schedule.ts"
import { startShards } from "../shards.ts"
import type { Deployment, Strike } from "./deployment.ts"
import { Nodes } from "./killable-nodes.ts"
import { WAITING } from "./pair.ts"

const PARTITIONS = "6"
/** So many slots move in one fault: with six partitions an app's keys lie in six of all. */
const MOVED = 6

export const openCluster = (): Promise<Deployment> => clusterOver({})
/** [P1] Each master has one replica, and that one is promoted: what was acknowledged it has. */
export const openWaitingCluster = (): Promise<Deployment> => clusterOver(WAITING)

async function clusterOver(waiting: Partial<typeof WAITING>): Promise<Deployment> {
  const shards = await startShards()
  const nodes = await Nodes.start([0, 1].map(() => ({ REDIS_URL: shards.url, PARTITIONS, ...waiting })))
  const shard = ({ which }: Fault) => {
    const found = shards.all[which % shards.all.length]
    if (!found) throw new Error("no shard")
    return found
  }
  const faults: Record<string, Strike> = {
    /** What had not yet reached the replica may be lost, as Redis says of itself. */
    "master killed": async (fault) => {
      const from = performance.now() - fault.lasts
      await shard(fault).failOver()
      const to = performance.now()
      await shard(fault).revive()
      return { from, to }
    },
    "master lost with its last writes": async (fault) => {
      const one = shard(fault)
      await one.replicated()
      const from = performance.now()
      await one.sever()
      await delay(fault.lasts)
      await one.failOver()
      const to = performance.now()
      await one.revive()
      return { from, to }
    },
    "slots moved": async (fault) => {
      const slots = await shards.inUse()
      for (const [turn, slot] of slots.slice(0, MOVED).entries()) {
        const to = shards.all[(fault.which + turn) % shards.all.length]
        if (to) await shards.move(slot, to)
      }
      return undefined
    },
    "announcements cut": async () => {
      for (const { master } of shards.all) await master.cli("client", "kill", "type", "pubsub")
      return undefined
    },
  }
  return {
    urls: nodes.urls,
    keepsAcknowledged: "REDIS_WAIT_REPLICAS" in waiting,
    admin: () => nodes.admin(),
    faults: { ...nodes.faults, ...faults },
    calm: () => nodes.calm(),
    stop: async () => {
      await nodes.stop()
      await shards.stop()
    },
  }
}
