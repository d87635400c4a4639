/** What a message costs, against everything that may grow: nothing may rise that need not. */
import { randomBytes } from "node:crypto"
import type { Generator } from "../bench/child.ts"
import { Span } from "../bench/machine.ts"
import { withGenerator } from "../bench/workers.ts"
import { CLEAN, sum, type Verdict } from "../check/verdict.ts"
import type { FoldOrder } from "../generator/jobs/paging.ts"
import { hub } from "../targets/hub.ts"
import type { Running } from "../targets/target.ts"
import { type Load, loadRooms } from "./rooms-load.ts"
import type { Figure, Outcome, Plot, Scenario, Stage } from "./scenario.ts"

/** One point of a line: the CPU of server and Redis per message, in µs, and what it was measured with. */
interface Cost {
  readonly cpu: number
  readonly verdict: Verdict
  readonly foreignCores: number
}

interface Dimension {
  readonly key: string
  readonly label: string
  readonly values: readonly number[]
  readonly few: readonly number[]
  /** All points, in the order of the values, each on what the former left behind. */
  measure(stage: Stage, values: readonly number[]): Promise<Cost[]>
}

const SENDS = 1_000
const BASE: Omit<Load, "seconds" | "warmSeconds"> = {
  rooms: 30,
  devices: 2,
  senders: 1,
  window: 1,
  characters: 200,
  consoles: 0,
  perSecond: 200,
  generators: 1,
}

async function cost(stage: Stage, running: Running, change: Partial<Load>): Promise<Cost> {
  const { short, seconds } = stage.options
  const load = { ...BASE, seconds: short ? 1 : seconds, warmSeconds: short ? 0.3 : 2, ...change }
  const { figures, verdict, foreignCores } = await loadRooms(
    { ...stage, running, say: () => undefined },
    load,
  )
  return { cpu: figures.allCpu ?? 0, verdict, foreignCores }
}

/** On a fresh hub of its own. */
async function fresh<T>(
  stage: Stage,
  use: (running: Running) => Promise<T>,
  nodes = 1,
  app?: object,
): Promise<T> {
  const { store } = stage.options
  const running = await hub({ store, nodes, ...(app && { app }) }).start()
  try {
    // Code that has just been started costs more: that must not be the first point of each line.
    const { perSecond: _, ...closed } = BASE
    const warm: Load = { ...closed, seconds: stage.options.short ? 0.2 : 4, warmSeconds: 0 }
    await loadRooms({ ...stage, running, say: () => undefined }, warm)
    return await use(running)
  } finally {
    await running.stop()
  }
}

/** Each value is a load of its own on one hub. */
const byLoad =
  (change: (value: number) => Partial<Load>) =>
  (stage: Stage, values: readonly number[]): Promise<Cost[]> =>
    fresh(stage, async (running) => {
      const costs: Cost[] = []
      for (const value of values) costs.push(await cost(stage, running, change(value)))
      return costs
    })

/** One person's sends, after `grow` has brought them to each value. */
async function bySends(
  running: Running,
  generator: Generator,
  values: readonly number[],
  count: number,
  grow: (to: number, from: number) => Promise<unknown>,
): Promise<Cost[]> {
  const costs: Cost[] = []
  let from = 0
  for (const value of values) {
    if (value > from) await grow(value, from)
    from = value
    const span = new Span({
      server: running.pids,
      store: running.storePids,
      ours: [generator.pid, process.pid],
    })
    await generator.call("sends", count)
    const { cpu, foreignCores } = span.used()
    const all = (cpu.server ?? 0) + (cpu.store ?? 0)
    costs.push({ cpu: (all * 1e6) / count, verdict: CLEAN, foreignCores })
  }
  return costs
}

const run = (): string => randomBytes(3).toString("hex")
const sendsOf = ({ options }: Stage): number => (options.short ? 100 : SENDS)

const DIMENSIONS: readonly Dimension[] = [
  {
    key: "users",
    label: "users that are connected",
    values: [10, 100, 1_000, 3_000],
    few: [5, 20],
    measure: byLoad((rooms) => ({ rooms })),
  },
  {
    key: "devices",
    label: "devices of each user",
    values: [1, 3, 10, 30],
    few: [1, 5],
    measure: byLoad((devices) => ({ devices, rooms: 10 })),
  },
  {
    key: "consoles",
    label: "agents who watch everything",
    values: [0, 1, 10, 50],
    few: [0, 3],
    measure: byLoad((consoles) => ({ consoles })),
  },
  {
    key: "nodes",
    label: "nodes on one Redis",
    values: [1, 2, 4],
    few: [1, 2],
    async measure(stage, values) {
      const costs: Cost[] = []
      for (const nodes of values) costs.push(await fresh(stage, (running) => cost(stage, running, {}), nodes))
      return costs
    },
  },
  {
    key: "history",
    label: "messages of the conversation",
    values: [10, 1_000, 10_000],
    few: [10, 100],
    measure: (stage, values) =>
      fresh(stage, (running) =>
        withGenerator(async (generator) => {
          await generator.prepare("paging", { address: running.address, run: run(), characters: 200 })
          const grow = (to: number, from: number) => generator.call("sends", to - from)
          return bySends(running, generator, values, sendsOf(stage), grow)
        }),
      ),
  },
  {
    key: "segments",
    label: "visits folded into the conversation",
    values: [0, 10, 100, 500],
    few: [0, 5],
    measure: (stage, values) =>
      fresh(stage, (running) =>
        withGenerator(async (generator) => {
          await generator.prepare("paging", { address: running.address, run: run(), characters: 200 })
          const grow = (to: number, from: number) => {
            const order: FoldOrder = { folds: to - from, messages: 2 }
            return generator.call("fold", order)
          }
          return bySends(running, generator, values, sendsOf(stage), grow)
        }),
      ),
  },
  {
    key: "conversations",
    label: "conversations of the user, each with a ticket",
    values: [1, 50, 150, 1_000],
    few: [1, 20],
    measure: (stage, values) =>
      fresh(
        stage,
        (running) =>
          withGenerator(async (generator) => {
            await generator.prepare("tickets", { address: running.address, run: run(), visitors: 0, own: 0 })
            const grow = (to: number) => generator.call("person", to)
            return bySends(running, generator, values, sendsOf(stage), grow)
          }),
        1,
        { conversationMode: "multi" },
      ),
  },
]

const keyOf = (dimension: Dimension, index: number): string => `${dimension.key}${index}`

const figures: readonly Figure[] = DIMENSIONS.flatMap((dimension) =>
  dimension.values.map((_, index) => ({
    key: keyOf(dimension, index),
    label: `${dimension.label}: step ${index + 1} of ${dimension.values.join(", ")}`,
    unit: "µs",
    compared: false,
  })),
)

async function grow(stage: Stage): Promise<Outcome> {
  const values: Record<string, number> = {}
  const plots: Plot[] = []
  const verdicts: Verdict[] = []
  let foreignCores = 0
  for (const dimension of DIMENSIONS) {
    if (dimension.key === "nodes" && stage.options.store === "embedded") continue
    const steps = stage.options.short ? dimension.few : dimension.values
    const costs = await dimension.measure(stage, steps)
    costs.forEach(({ cpu, verdict, foreignCores: foreign }, index) => {
      values[keyOf(dimension, index)] = cpu
      verdicts.push(verdict)
      foreignCores = Math.max(foreignCores, foreign)
    })
    const line = costs.map(({ cpu }, index): [number, number] => [steps[index] ?? 0, cpu])
    plots.push({ title: `CPU per message by ${dimension.label}`, unit: "µs", lines: { cpu: line } })
    stage.say(`${dimension.label}: ${line.map(([at, cpu]) => `${at} → ${Math.round(cpu)} µs`).join(", ")}`)
  }
  return { figures: values, verdict: sum(verdicts), plots, foreignCores }
}

export const growth: Scenario = {
  name: "growth",
  summary: "what a message costs against users, devices, consoles, nodes, history, segments, conversations",
  figures,
  opponents: [],
  run: grow,
}
