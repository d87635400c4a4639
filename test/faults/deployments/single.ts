/** Two nodes over one Redis that writes every commit to its disk: nothing that was acknowledged may ever be lost. */
import { setTimeout as delay } from "node:timers/promises"
import { startFaultProxy } from "../../store/fault-proxy.ts"
import { startRedis } from "../../store/redis-server.ts"
import type { Deployment, Strike } from "./deployment.ts"
import { halfOpen, late, muted, Nodes, stalled } from "./killable-nodes.ts"

const NODES = 2
/** More than one, so that a merge is several commits. */
const PARTITIONS = "4"
const CUTS = 10
const COMMITS_AT_MOST = 12

export async function openSingle(): Promise<Deployment> {
  const redis = await startRedis({ appendfsync: "always" })
  const proxies = await Promise.all(Array.from({ length: NODES }, () => startFaultProxy(redis.port)))
  const nodes = await Nodes.start(
    proxies.map(({ port }) => ({ REDIS_URL: `redis://127.0.0.1:${port}`, PARTITIONS })),
  )
  const node = (which: number) => {
    const found = proxies[which % proxies.length]
    if (!found) throw new Error("two nodes have two proxies")
    return found
  }
  const faults: Record<string, Strike> = {
    "store cut": async ({ which }) => {
      node(which).cut()
      return undefined
    },
    "store stalled": (fault) => stalled(node(fault.which), fault),
    "store half open": (fault) => halfOpen(node(fault.which), fault),
    "store mute": (fault) => muted(node(fault.which), fault),
    "store late": (fault) => late(node(fault.which), fault),
    "redis killed": async ({ lasts }) => {
      await redis.kill()
      await delay(lasts)
      await redis.restart()
      return undefined
    },
    "announcements cut": async ({ lasts }) => {
      for (let cut = 0; cut < CUTS; cut++) {
        await redis.cli("client", "kill", "type", "pubsub")
        await delay(lasts / CUTS)
      }
      return undefined
    },
    "out of memory": async ({ lasts }) => {
      await redis.cli("config", "set", "maxmemory", "1mb")
      await delay(lasts)
      await redis.cli("config", "set", "maxmemory", "0")
      return undefined
    },
    /** Killed when the n-th commit from now on is on its way: half of them arrive, half do not. */
    "killed at a commit": async ({ which, lasts }) => {
      const nth = 1 + (Math.floor(which / NODES) % COMMITS_AT_MOST)
      await killedAtCommit(node(which), nth, () => nodes.kill(which), lasts)
      await nodes.restart(which)
      return undefined
    },
  }
  return {
    urls: nodes.urls,
    admin: () => nodes.admin(),
    faults: { ...nodes.faults, ...faults },
    calm: async () => {
      for (const each of proxies) {
        each.fault = "none"
        each.late = 0
        each.flow()
      }
      await nodes.calm()
    },
    stop: async () => {
      await nodes.stop()
      await Promise.all(proxies.map((each) => each.close()))
      await redis.stop()
    },
  }
}

/** Every commit travels as a script. */
const COMMIT = /EVALSHA|FCALL/gi

/** Kills at the n-th commit that passes this proxy, or after so many milliseconds if there are not as many. */
async function killedAtCommit(
  node: { onAsk: ((bytes: Buffer) => void) | undefined },
  nth: number,
  kill: () => Promise<void>,
  atMost: number,
): Promise<void> {
  let seen = 0
  const reached = new Promise<void>((resolve) => {
    node.onAsk = (bytes) => {
      seen += bytes.toString("latin1").match(COMMIT)?.length ?? 0
      if (seen >= nth) resolve()
    }
  })
  await Promise.race([reached, delay(atMost)])
  node.onAsk = undefined
  await kill()
}
