/** A login storm: what a merge costs by the length of the history, and how long everybody else waits for it. */
import { randomBytes } from "node:crypto"
import type { Generator } from "../bench/child.ts"
import { Span, type Used } from "../bench/machine.ts"
import { sleep, withGenerators } from "../bench/workers.ts"
import { Histogram } from "../check/histogram.ts"
import { sum, type Verdict } from "../check/verdict.ts"
import type { Merged, MergesParams } from "../generator/jobs/merges-job.ts"
import { Bystanders } from "./calm-writers.ts"
import type { Figure, Outcome, Scenario, Stage } from "./scenario.ts"

/** Messages of each history → how many such merges. */
const STORMS: readonly (readonly [number, number])[] = [
  [10, 100],
  [1_000, 20],
  [10_000, 3],
]
const SHORT: readonly (readonly [number, number])[] = [
  [10, 4],
  [250, 2],
]
const OWN = 5
const AT_ONCE = 5
const BYSTANDERS_PER_SECOND = 100

const keysOf = (history: number) => `h${history}`

const figuresOf = (histories: readonly number[]): Figure[] => [
  { key: "calmP50", label: "others' sends while nobody signs in, median", unit: "ms", compared: false },
  { key: "calmP99", label: "the same, 99 %", unit: "ms", compared: false },
  { key: "calmWorst", label: "the same, worst", unit: "ms", compared: false },
  { key: "costRatio", label: "CPU of the longest merge by that of the shortest", unit: "×", compared: false },
  ...histories.flatMap((history): Figure[] => {
    const key = keysOf(history)
    const of = history.toLocaleString("en-US")
    return [
      { key: `${key}P50`, label: `a merge of ${of} messages, median`, unit: "ms", compared: true },
      { key: `${key}P99`, label: `a merge of ${of} messages, 99 %`, unit: "ms", compared: true },
      {
        key: `${key}Told`,
        label: `until the other device knows, ${of} messages, median`,
        unit: "ms",
        compared: true,
      },
      {
        key: `${key}Cpu`,
        label: `CPU of server and Redis per merge of ${of} messages`,
        unit: "ms",
        compared: true,
      },
      {
        key: `${key}Others`,
        label: `others' sends during merges of ${of} messages, 99 %`,
        unit: "ms",
        compared: true,
      },
      { key: `${key}Worst`, label: `the same, worst`, unit: "ms", compared: true },
    ]
  }),
]

async function storm(
  stage: Stage,
  merger: Generator,
  bystanders: Bystanders,
  history: number,
  count: number,
  /** CPU seconds a second that the bystanders cost: no merge is charged with them. */
  calmCores: number,
): Promise<{ figures: Record<string, number>; verdicts: Verdict[]; foreignCores: number; cost: number }> {
  const { running, say } = stage
  say(`${count} visitors write ${history} messages each`)
  const params: MergesParams = {
    address: running.address,
    run: randomBytes(3).toString("hex"),
    merges: count,
    history,
    own: OWN,
    characters: stage.options.sizes.characters ?? 200,
    atOnce: AT_ONCE,
  }
  await merger.prepare("merges", params)
  await sleep(1)
  say("they sign in")
  const span = new Span({ server: running.pids, store: running.storePids, ours: [merger.pid, process.pid] })
  let merged: Merged | undefined
  const felt = await bystanders.feel(async () => {
    // The boundary: the job's own result.
    merged = (await merger.call("merge")) as Merged
  })
  const used = span.used()
  if (!merged) throw new Error("Nobody signed in.")
  say("their histories are read")
  const checked = (await merger.call("check")) as Verdict
  const answers = Histogram.joined([merged.answers])
  const key = keysOf(history)
  const cpu = Math.max(0, coresOf(used) - calmCores) * used.seconds
  return {
    figures: {
      [`${key}P50`]: answers.quantile(0.5),
      [`${key}P99`]: answers.quantile(0.99),
      [`${key}Told`]: Histogram.joined([merged.notified]).quantile(0.5),
      [`${key}Cpu`]: (cpu * 1000) / merged.merges,
      [`${key}Others`]: felt.p99,
      [`${key}Worst`]: felt.worst,
    },
    verdicts: [merged.verdict, checked],
    cost: cpu / merged.merges,
    foreignCores: used.foreignCores,
  }
}

const coresOf = ({ cpu, seconds }: Used): number => ((cpu.server ?? 0) + (cpu.store ?? 0)) / seconds

async function run(stage: Stage): Promise<Outcome> {
  const { options, running } = stage
  const only = options.sizes.history
  const storms = only !== undefined ? [[only, 5] as const] : options.short ? SHORT : STORMS
  return withGenerators(
    2,
    () => undefined,
    async ([first, merger]) => {
      if (!first || !merger) throw new Error("No generators.")
      const bystanders = new Bystanders(first)
      await bystanders.begin(running, options.sizes.rate ?? BYSTANDERS_PER_SECOND)
      await sleep(options.short ? 0.5 : 3)
      const quiet = new Span({ server: running.pids, store: running.storePids })
      const calm = await bystanders.feel(() => sleep(options.seconds))
      const calmCores = coresOf(quiet.used())
      const played = []
      for (const [history, count] of storms)
        played.push(await storm(stage, merger, bystanders, history, count, calmCores))
      const verdict = await bystanders.end()
      return {
        figures: {
          calmP50: calm.p50,
          calmP99: calm.p99,
          calmWorst: calm.worst,
          costRatio: (played.at(-1)?.cost ?? 0) / (played[0]?.cost || 1),
          ...Object.assign({}, ...played.map(({ figures }) => figures)),
        },
        verdict: sum([verdict, ...played.flatMap(({ verdicts }) => verdicts)]),
        plots: [],
        foreignCores: Math.max(...played.map(({ foreignCores }) => foreignCores)),
      }
    },
  )
}

export const merges: Scenario = {
  name: "merges",
  summary: "a login storm: histories of 10, 1,000 and 10,000 messages are merged while others write",
  figures: figuresOf([...new Set([...SHORT, ...STORMS].map(([history]) => history))].sort((a, b) => a - b)),
  opponents: [],
  run,
}
