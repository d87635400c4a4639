/** Two nodes over a primary with a replica: the fail-over that loses the last writes, over and over. */
import { setTimeout as delay } from "node:timers/promises"
import { startPair } from "../pair.ts"
import { Nodes } from "./nodes.ts"
import type { Place } from "./place.ts"

const NODES = 2
const PARTITIONS = "4"

export async function openPair(): Promise<Place> {
  const pair = await startPair(NODES)
  const nodes = await Nodes.start(
    pair.doors.map(({ port }) => ({ REDIS_URL: `redis://127.0.0.1:${port}`, PARTITIONS })),
  )
  return {
    urls: nodes.urls,
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
