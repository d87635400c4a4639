/** What an honest user feels while a stranger floods the hub over one connection. The limits are those that every app has. */
import { Span } from "../bench/machine.ts"
import { sleep, withGenerators } from "../bench/workers.ts"
import { sum } from "../check/verdict.ts"
import { FLOOD_KINDS, type Flooded, type FloodOrder, type FloodParams } from "../generator/jobs/flood-job.ts"
import { Bystanders } from "./calm-writers.ts"
import { watchHealth } from "./health-probe.ts"
import type { Figure, Scenario } from "./scenario.ts"

const BYSTANDERS_PER_SECOND = 20

const figures: readonly Figure[] = [
  { key: "calmP50", label: "a send in calm, median", unit: "ms", compared: true },
  { key: "calmWorst", label: "the same, worst", unit: "ms", compared: true },
  ...FLOOD_KINDS.flatMap((kind): Figure[] => [
    { key: `${kind}P50`, label: `a send while ${kind} flood, median`, unit: "ms", compared: true },
    { key: `${kind}Worst`, label: "the same, worst", unit: "ms", compared: true },
    { key: `${kind}Health`, label: `/health/live while ${kind} flood, worst`, unit: "ms", compared: true },
    { key: `${kind}Cores`, label: `cores of server and Redis while ${kind} flood`, unit: "", compared: true },
    { key: `${kind}Packets`, label: `packets of the flood of ${kind}`, unit: "/s", compared: false },
    { key: `${kind}Cut`, label: `times it was cut`, unit: "", compared: false },
  ]),
]

export const flood: Scenario = {
  name: "flood",
  summary: "what honest users feel while a stranger floods the hub over one connection, in seven ways",
  figures,
  opponents: [],
  limits: "default",
  run: ({ running, options, say }) =>
    withGenerators(
      2,
      () => undefined,
      async ([first, attacker]) => {
        const [endpoint] = running.address.endpoints
        if (!first || !attacker || !endpoint) throw new Error("No generators, or nobody to attack.")
        const bystanders = new Bystanders(first)
        await bystanders.begin(running, options.sizes.rate ?? BYSTANDERS_PER_SECOND)
        const params: FloodParams = { address: running.address }
        await attacker.prepare("flood", params)
        await sleep(options.short ? 0.5 : 3)
        const calm = await bystanders.feel(() => sleep(options.seconds))
        const values: Record<string, number> = { calmP50: calm.p50, calmWorst: calm.worst }
        let foreignCores = 0
        for (const kind of FLOOD_KINDS) {
          const order: FloodOrder = { kind, seconds: options.seconds }
          const health = watchHealth(endpoint)
          const groups = {
            server: running.pids,
            store: running.storePids,
            ours: [first.pid, attacker.pid, process.pid],
          }
          const span = new Span(groups)
          let flooded: Flooded | undefined
          const felt = await bystanders.feel(async () => {
            // The boundary: the job's own result.
            flooded = (await attacker.call("flood", order)) as Flooded
          })
          const used = span.used()
          values[`${kind}P50`] = felt.p50
          values[`${kind}Worst`] = felt.worst
          values[`${kind}Health`] = await health.worst()
          values[`${kind}Cores`] = ((used.cpu.server ?? 0) + (used.cpu.store ?? 0)) / used.seconds
          values[`${kind}Packets`] = (flooded?.packets ?? 0) / used.seconds
          values[`${kind}Cut`] = flooded?.cut ?? 0
          foreignCores = Math.max(foreignCores, used.foreignCores)
          say(`${kind}: a send takes ${felt.p50.toFixed(1)} ms, at worst ${felt.worst.toFixed(0)} ms`)
          // What the flood left behind must not be felt in the next one.
          await sleep(options.short ? 0.5 : 2)
        }
        return { figures: values, verdict: sum([await bystanders.end()]), plots: [], foreignCores }
      },
    ),
}
