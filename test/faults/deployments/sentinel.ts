/** Two nodes over a primary and a replica that three Sentinels watch: planned fail-overs, and one after a death. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { freePort } from "../../../loadtest/bench/free-port.ts"
import { cliOf, type RedisServer, startRedis } from "../../store/redis-server.ts"
import type { LossWindow } from "../day-history.ts"
import { eventually } from "../eventually.ts"
import { AT_ONCE, caughtUp, replicationInfo } from "../redis-pair.ts"
import type { Deployment } from "./deployment.ts"
import { Nodes } from "./killable-nodes.ts"
import { WAITING } from "./pair.ts"

const PARTITIONS = "4"
const WATCHERS = 3
const NAME = "hub"
/** Writes go on to the old primary until it is told that it is none any more. */
const LAG_MS = 1_500
/** A primary that does not answer for so long is taken for dead. */
const DOWN_AFTER_MS = 1_000
/** Watchers tell a primary that was only slow after some ten seconds that it is none any more. */
const DEMOTED_MS = 15_000

export const openSentinel = (): Promise<SentinelDeployment> => sentinelsOver({})
/** [P1] What was acknowledged has the replica that is promoted: nothing of it may be lost. */
export const openWaitingSentinel = (): Promise<Deployment> => sentinelsOver(WAITING)

export interface SentinelDeployment extends Deployment {
  readonly unasked: readonly LossWindow[]
  /** The primary stands still for so long, as on a starved machine. */
  stall(ms: number): Promise<void>
}

async function sentinelsOver(waiting: Partial<typeof WAITING>): Promise<SentinelDeployment> {
  const servers = await Promise.all([startRedis({ options: AT_ONCE }), startRedis({ options: AT_ONCE })])
  const [first, second] = servers
  await second.cli("replicaof", "127.0.0.1", String(first.port))
  await caughtUp(first, second)
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => startWatcher(first.port)))
  const [watcher] = watchers
  if (!watcher) throw new Error("three watchers")
  const asked: { readonly from: number; to: number }[] = []
  const asking = async (failOver: () => Promise<number>) => {
    const window = { from: performance.now(), to: Number.POSITIVE_INFINITY }
    asked.push(window)
    window.to = await failOver()
    return { from: window.from - LAG_MS, to: window.to }
  }
  await eventually("watchers that know each other", async () => {
    const info = await watcher.cli("sentinel", "master", NAME)
    return /num-slaves\n1\n/.test(info) && /num-other-sentinels\n2\n/.test(info)
  })
  const roles = async (): Promise<{ primary: RedisServer; replica: RedisServer }> => {
    const [, port] = (await watcher.cli("sentinel", "get-master-addr-by-name", NAME)).split("\n")
    return Number(port) === first.port
      ? { primary: first, replica: second }
      : { primary: second, replica: first }
  }
  const swapped = async (before: RedisServer): Promise<void> => {
    await eventually("another primary", async () => (await roles()).primary !== before, 120_000)
  }
  const following = async (): Promise<void> => {
    const { primary, replica } = await roles()
    await eventually(
      "the old primary as a replica",
      async () => (await replicationInfo(replica, "role")) === "slave",
      120_000,
    )
    await caughtUp(primary, replica)
  }
  const url = `redis+sentinel://${watchers.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${NAME}`
  const nodes = await Nodes.start([0, 1].map(() => ({ REDIS_URL: url, PARTITIONS, ...waiting })))
  return {
    urls: nodes.urls,
    keepsAcknowledged: "REDIS_WAIT_REPLICAS" in waiting,
    admin: () => nodes.admin(),
    faults: {
      ...nodes.faults,
      "planned fail-over": async () => {
        const { primary } = await roles()
        return asking(async () => {
          // Refused while another one is under way, or the replica is not one yet.
          const begun = async () => (await watcher.cli("sentinel", "failover", NAME)).startsWith("OK")
          await eventually("a fail-over that is begun", begun, 120_000, 500)
          await swapped(primary)
          await following()
          return performance.now()
        })
      },
      "primary killed": async () => {
        const { primary } = await roles()
        return asking(async () => {
          await primary.kill()
          await swapped(primary)
          const to = performance.now()
          await primary.restart()
          await following()
          return to
        })
      },
    },
    get unasked() {
      return watcher.switches
        .filter((at) => !asked.some(({ from, to }) => from <= at && at <= to))
        .map((at) => ({ from: at - DOWN_AFTER_MS - LAG_MS, to: at + DEMOTED_MS }))
    },
    async stall(ms) {
      await (await roles()).primary.cli("client", "pause", String(ms), "all")
    },
    calm: () => nodes.calm(),
    stop: async () => {
      await nodes.stop()
      await Promise.all(watchers.map((one) => one.stop()))
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}

interface Watcher {
  readonly port: number
  /** When it made another server the primary, whether it was asked to or not. */
  readonly switches: readonly number[]
  cli(...args: string[]): Promise<string>
  stop(): Promise<void>
}

async function startWatcher(primary: number): Promise<Watcher> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-sentinel-"))
  const port = await freePort()
  const file = join(dir, "sentinel.conf")
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${dir}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${primary} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 5000`,
  ]
  await writeFile(file, `${lines.join("\n")}\n`)
  const child: ChildProcess = spawn("redis-server", [file, "--sentinel"], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const orphan = () => child.kill("SIGKILL")
  process.once("exit", orphan)
  if (!child.stdout) throw new Error("a piped process has an output")
  const said = createInterface({ input: child.stdout })
  const switches: number[] = []
  said.on("line", (line) => line.includes("+switch-master") && switches.push(performance.now()))
  await new Promise<void>((resolve, reject) => {
    said.on("line", (line) => line.includes("+monitor") && resolve())
    child.once("exit", () => reject(new Error("a watcher did not start")))
  })
  return {
    port,
    switches,
    cli: (...args) => cliOf(port, args),
    stop: async () => {
      process.off("exit", orphan)
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit")
        child.kill("SIGKILL")
        await gone
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}
