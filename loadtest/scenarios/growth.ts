/** What a message costs, against everything that may grow: nothing may rise that need not. */
import { sum, type Verdict } from "../check/verdict.ts"
import { DIMENSIONS } from "./growth-dimensions.ts"
import type { Figure, Line, Outcome, Plot, Scenario, Stage } from "./scenario.ts"

type Part = "hub" | "Redis"

const keyOf = (key: string, index: number, part: Part): string => `${key}${index}${part}`

const figures: readonly Figure[] = DIMENSIONS.flatMap(({ key, label, values }) =>
  values.flatMap((_, index) =>
    (["hub", "Redis"] as const).map((part) => ({
      key: keyOf(key, index, part),
      label: `${label}: step ${index + 1} of ${values.join(", ")}: ${part}`,
      unit: "µs",
      compared: false,
    })),
  ),
)

async function grow(stage: Stage): Promise<Outcome> {
  const { store, short } = stage.options
  const values: Record<string, number> = {}
  const plots: Plot[] = []
  const verdicts: Verdict[] = []
  let foreignCores = 0
  for (const { key, label, values: whole, few, measure } of DIMENSIONS) {
    if (key === "nodes" && store === "embedded") continue
    const steps = short ? few : whole
    const costs = await measure(stage, steps)
    costs.forEach(({ cpu, storeCpu, verdict, foreignCores: foreign }, index) => {
      values[keyOf(key, index, "hub")] = cpu
      if (store === "redis") values[keyOf(key, index, "Redis")] = storeCpu
      verdicts.push(verdict)
      foreignCores = Math.max(foreignCores, foreign)
    })
    const line = (of: "cpu" | "storeCpu"): Line =>
      costs.map((cost, index): [number, number] => [steps[index] ?? 0, cost[of]])
    plots.push({
      title: `CPU per message by ${label}`,
      unit: "µs",
      lines: { hub: line("cpu"), ...(store === "redis" && { Redis: line("storeCpu") }) },
      steps: { name: key, axis: label },
    })
    const said = costs.map(
      ({ cpu, storeCpu }, index) => `${steps[index]} → ${Math.round(cpu)} + ${Math.round(storeCpu)} µs`,
    )
    stage.say(`${label}: ${said.join(", ")}`)
  }
  return { figures: values, verdict: sum(verdicts), plots, foreignCores }
}

export const growth: Scenario = {
  name: "growth",
  summary:
    "what a message costs against users, devices, consoles, nodes, history, segments, conversations, tickets",
  figures,
  opponents: [],
  run: grow,
}
