/** Many who are only there: what each costs in memory, what coming costs, what staying costs. */
import { residentBytesOf, Span } from "../bench/machine.ts"
import { sleep, withGenerator } from "../bench/workers.ts"
import { Histogram } from "../check/histogram.ts"
import { sum, type Verdict } from "../check/verdict.ts"
import type { Arrival, IdleParams } from "../generator/jobs/idle-job.ts"
import type { Figure, Outcome, Scenario, Stage } from "./scenario.ts"

const FIGURES: readonly Figure[] = [
  { key: "perSecond", label: "connects", unit: "/s", compared: true },
  { key: "connectCpu", label: "CPU of the server per connect", unit: "µs", compared: true },
  { key: "waitP50", label: "a connect, median", unit: "ms", compared: true },
  { key: "waitP99", label: "a connect, 99 %", unit: "ms", compared: true },
  { key: "kilobytes", label: "memory of the server per connection", unit: "kB", compared: true },
  { key: "memory", label: "memory of the server with all", unit: "MB", compared: true },
  { key: "storeBytes", label: "the store's bytes per connection", unit: "bytes", compared: false },
  { key: "idleCpu", label: "CPU of the server for 1,000 idle connections", unit: "ms/s", compared: true },
]

const AT_ONCE = 100
/** Before the first measurement the server has grown whatever it needs for anybody at all. */
const FIRST_COMERS = 300
const SETTLE_SECONDS = 3
/** Longer than the 25 s between two heartbeats. */
const STAY_SECONDS = 30

async function run(stage: Stage, standard: number, signedIn: boolean): Promise<Outcome> {
  const { running, say, options } = stage
  const count = options.sizes.connections ?? (options.short ? 200 : standard)
  const settle = options.short ? 0.3 : SETTLE_SECONDS
  return withGenerator(async (generator) => {
    const params: IdleParams = { address: running.address, signedIn, atOnce: AT_ONCE }
    await generator.prepare("idle", params)
    await generator.call("connect", options.short ? 20 : FIRST_COMERS)
    await generator.call("leave")
    await sleep(settle)
    const empty = residentBytesOf(running.pids)
    const storeEmpty = await running.storeBytes()
    say(`${count} connections come`)
    const groups = { server: running.pids, store: running.storePids, ours: [generator.pid, process.pid] }
    const coming = new Span(groups)
    // The boundary: the job's own result.
    const arrival = (await generator.call("connect", count)) as Arrival
    const came = coming.used()
    await sleep(settle)
    const full = residentBytesOf(running.pids)
    const storeFull = await running.storeBytes()
    say(`${Math.round(arrival.connected / arrival.seconds)} connects/s; now they are idle`)
    const staying = new Span(groups)
    await sleep(options.short ? options.seconds : Math.max(STAY_SECONDS, options.seconds))
    const stayed = staying.used()
    const verdict = (await generator.call("verdict")) as Verdict
    const waits = Histogram.joined([arrival.waits])
    return {
      figures: {
        perSecond: arrival.connected / arrival.seconds,
        connectCpu: ((came.cpu.server ?? 0) * 1e6) / count,
        waitP50: waits.quantile(0.5),
        waitP99: waits.quantile(0.99),
        kilobytes: (full - empty) / count / 1000,
        memory: full / 2 ** 20,
        ...(storeEmpty !== undefined &&
          storeFull !== undefined && { storeBytes: (storeFull - storeEmpty) / count }),
        idleCpu: (((stayed.cpu.server ?? 0) * 1000) / stayed.seconds / count) * 1000,
      },
      verdict: sum([verdict]),
      plots: [],
      foreignCores: Math.max(came.foreignCores, stayed.foreignCores),
    }
  })
}

const idle = (name: string, standard: number, signedIn: boolean): Scenario => ({
  name,
  summary: `${standard.toLocaleString("en-US")} idle connections, ${signedIn ? "signed in" : "anonymous"}: memory, CPU, connects a second`,
  figures: FIGURES,
  opponents: ["bare", "usual"],
  run: (stage) => run(stage, standard, signedIn),
})

export const IDLE: readonly Scenario[] = [
  idle("idle", 5_000, false),
  idle("idle-10k", 10_000, false),
  idle("idle-signed-in", 5_000, true),
  idle("idle-signed-in-10k", 10_000, true),
]
