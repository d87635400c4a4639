/** The common course of all scenarios of rooms: connect, warm up, measure, drain, check. */
import { randomBytes } from "node:crypto"
import { Generator } from "../bench/child.ts"
import { residentBytesOf, Span } from "../bench/machine.ts"
import { Sampler } from "../bench/sampler.ts"
import { sleep } from "../bench/workers.ts"
import { Histogram } from "../check/histogram.ts"
import { sum, type Verdict } from "../check/verdict.ts"
import type { RoomsResult } from "../generator/job.ts"
import type { ConsolesParams } from "../generator/jobs/consoles-job.ts"
import type { RoomsParams } from "../generator/jobs/rooms-job.ts"
import type { Figure, Outcome, Stage } from "./scenario.ts"

export interface Load {
  readonly rooms: number
  readonly devices: number
  readonly senders: number
  readonly window: number
  readonly characters: number
  readonly consoles: number
  /** Of an open loop. */
  readonly perSecond?: number
  readonly warmSeconds: number
  readonly seconds: number
  readonly generators: number
  /** Processes of the hub that no device is connected to: what a message costs them is a figure of its own. */
  readonly listeners?: readonly number[]
}

/**
 * What most scenarios begin with: 100 people with 3 devices that all write, and an agent who watches.
 *
 * @param warmSeconds of a run that is not short
 */
export function usualLoad({ options: { sizes, seconds, short } }: Stage, warmSeconds = 3): Load {
  const devices = sizes.devices ?? 3
  return {
    rooms: sizes.rooms ?? (short ? 10 : 100),
    devices,
    senders: sizes.senders ?? devices,
    window: 1,
    characters: sizes.characters ?? 200,
    consoles: sizes.consoles ?? 1,
    warmSeconds: short ? 0.5 : warmSeconds,
    seconds,
    generators: sizes.generators ?? 1,
  }
}

export const LOAD_FIGURES: readonly Figure[] = [
  { key: "perSecond", label: "stored messages", unit: "/s", compared: true },
  { key: "cpu", label: "CPU of the server per message", unit: "µs", compared: true },
  { key: "storeCpu", label: "CPU of Redis per message", unit: "µs", compared: true },
  { key: "allCpu", label: "CPU of server and Redis per message", unit: "µs", compared: true },
  { key: "answerP50", label: "answer, median", unit: "ms", compared: true },
  { key: "answerP99", label: "answer, 99 %", unit: "ms", compared: true },
  { key: "deliveryP50", label: "delivery, median", unit: "ms", compared: true },
  { key: "deliveryP99", label: "delivery, 99 %", unit: "ms", compared: true },
  { key: "cores", label: "cores that the server kept busy", unit: "", compared: false },
  { key: "memory", label: "memory of the server at the end", unit: "MB", compared: true },
  { key: "storeBytes", label: "the store's memory or files per message", unit: "bytes", compared: true },
  { key: "generatorCpu", label: "CPU of the generators per message", unit: "µs", compared: false },
  { key: "generatorCores", label: "cores that the generators kept busy", unit: "", compared: false },
  { key: "generatorLate", label: "lateness of the generator, 99 %", unit: "ms", compared: false },
]

const DRAIN_MS = 15_000
const MEGABYTE = 1024 * 1024

export async function loadRooms(stage: Stage, load: Load): Promise<Outcome> {
  const { running, say } = stage
  const run = randomBytes(3).toString("hex")
  const sampler = new Sampler(running, say)
  const generators = Array.from({ length: load.generators }, () => new Generator(sampler.tell))
  const watcher = load.consoles > 0 ? new Generator(() => undefined) : undefined
  const generatorPids = [...generators, ...(watcher ? [watcher] : [])].map(({ pid }) => pid)
  try {
    const consoles: ConsolesParams = { address: running.address, run, agents: load.consoles }
    await watcher?.prepare("consoles", consoles)
    await Promise.all(
      generators.map((generator, index) => generator.prepare("rooms", share(stage, load, run, index))),
    )
    const before = await running.storeBytes()
    await all(generators, "go")
    await sleep(load.warmSeconds)
    const span = new Span({
      server: running.pids,
      store: running.storePids,
      listeners: load.listeners ?? [],
      generators: generatorPids,
      bench: [process.pid],
    })
    await all(generators, "measure")
    sampler.measure()
    await sleep(load.seconds)
    const used = span.used()
    // Of a peer that runs elsewhere nothing is known but its answers.
    const watched = running.pids.length > 0
    const memory = residentBytesOf(running.pids) / MEGABYTE
    // The boundary: the job's own result.
    const results = (await all(generators, "stop")) as RoomsResult[]
    const plots = sampler.stop()
    const rows = results.flatMap((result) => result.rows)
    const seen = (await watcher?.call("stop", rows)) as Verdict | undefined
    const after = await running.storeBytes()
    const stored = rows.reduce((count, { length }) => count + length, 0)

    const accepted = results.reduce((count, result) => count + result.accepted, 0)
    const per = (group: string): number => ((used.cpu[group] ?? 0) * 1e6) / accepted
    const answers = Histogram.joined(results.map((result) => result.answers))
    const deliveries = Histogram.joined(results.map((result) => result.deliveries))
    return {
      figures: {
        perSecond: accepted / used.seconds,
        ...(watched && { cpu: per("server"), allCpu: per("server") + per("store") }),
        ...(running.storePids.length > 0 && { storeCpu: per("store") }),
        ...(load.listeners && { listenersCpu: per("listeners") }),
        answerP50: answers.quantile(0.5),
        answerP99: answers.quantile(0.99),
        deliveryP50: deliveries.quantile(0.5),
        deliveryP99: deliveries.quantile(0.99),
        ...(watched && { cores: (used.cpu.server ?? 0) / used.seconds, memory }),
        ...(before !== undefined && after !== undefined && { storeBytes: (after - before) / stored }),
        stored,
        generatorCpu: per("generators"),
        generatorCores: (used.cpu.generators ?? 0) / used.seconds,
        ...(load.perSecond !== undefined && {
          generatorLate: Math.max(...results.map(({ lateMs }) => lateMs)),
        }),
      },
      verdict: sum([...results.map((result) => result.verdict), ...(seen ? [seen] : [])]),
      plots,
      foreignCores: used.foreignCores,
    }
  } finally {
    sampler.stop()
    await Promise.all([...generators, ...(watcher ? [watcher] : [])].map((generator) => generator.stop()))
  }
}

const all = (generators: readonly Generator[], verb: string): Promise<unknown[]> =>
  Promise.all(generators.map((generator) => generator.call(verb)))

/** Each generator has whole rooms, so that it can check them by itself. */
function share({ running }: Stage, load: Load, run: string, index: number): RoomsParams {
  const from = Math.floor((load.rooms * index) / load.generators)
  const to = Math.floor((load.rooms * (index + 1)) / load.generators)
  return {
    address: running.address,
    run,
    first: from,
    rooms: to - from,
    devices: load.devices,
    senders: load.senders,
    window: load.window,
    characters: load.characters,
    drainMs: DRAIN_MS,
    ...(load.perSecond !== undefined && { perSecond: load.perSecond / load.generators }),
  }
}
