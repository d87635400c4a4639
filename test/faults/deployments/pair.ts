/**
 * Two nodes over a primary with a replica: the fail-over that loses the last writes, over and over. Where the nodes wait
 * for the replica, nothing that was acknowledged may be among them.
 */
import { setTimeout as delay } from "node:timers/promises"
import { startPair } from "../redis-pair.ts"
import type { Deployment } from "./deployment.ts"
import { Nodes } from "./killable-nodes.ts"

const NODES = 2
const PARTITIONS = "4"

/** Each acknowledgement waits for one replica. */
export const WAITING = { REDIS_WAIT_REPLICAS: "1", REDIS_WAIT_MS: "300" } as const

export const openPair = (): Promise<Deployment> => pairOf({})
export const openWaitingPair = (): Promise<Deployment> => pairOf(WAITING)

async function pairOf(waiting: Partial<typeof WAITING>): Promise<Deployment> {
  const pair = await startPair(NODES)
  const nodes = await Nodes.start(
    pair.proxies.map(({ port }) => ({ REDIS_URL: `redis://127.0.0.1:${port}`, PARTITIONS, ...waiting })),
  )
  return {
    urls: nodes.urls,
    keepsAcknowledged: "REDIS_WAIT_REPLICAS" in waiting,
    admin: () => nodes.admin(),
    faults: {
      ...nodes.faults,
      "fail-over that loses writes": async ({ lasts }) => {
        await pair.replicated()
        const from = performance.now()
        await pair.sever()
        await delay(lasts)
        await pair.failOver()
        const to = performance.now()
        await pair.replicate()
        return { from, to }
      },
    },
    calm: () => nodes.calm(),
    stop: async () => {
      await nodes.stop()
      await pair.stop()
    },
  }
}
