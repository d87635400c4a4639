/** Lines along something that grows: of several rounds, each point as its median, with the least and the most. */
import type { Round } from "../bench/summary.ts"
import type { Steps } from "../scenarios/scenario.ts"

export interface Point {
  readonly step: number
  readonly median: number
  readonly least: number
  readonly most: number
}

export interface StepPlot {
  readonly title: string
  readonly unit: string
  readonly steps: Steps
  readonly lines: ReadonlyMap<string, readonly Point[]>
}

/** @param all of the target that is shown; the disturbed ones count only where there is no other */
export function stepPlots(all: readonly Round[]): StepPlot[] {
  const clean = all.filter(({ marked }) => marked.length === 0)
  const rounds = clean.length > 0 ? clean : all
  return (rounds[0]?.outcome.plots ?? []).flatMap(({ title, unit, steps, lines }) => {
    if (!steps) return []
    const points = Object.entries(lines).map(([name, line]) => {
      const values = (step: number): number[] =>
        rounds.flatMap(({ outcome }) => {
          const same = outcome.plots.find((plot) => plot.title === title)?.lines[name]
          return same?.find(([at]) => at === step)?.[1] ?? []
        })
      return [name, line.map(([step]) => pointOf(step, values(step)))] as const
    })
    return [{ title, unit, steps, lines: new Map(points) }]
  })
}

function pointOf(step: number, values: readonly number[]): Point {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? 0
  const middle = (sorted.length - 1) / 2
  return {
    step,
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  }
}
