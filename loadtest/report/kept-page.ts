/** What a run leaves on a page of Markdown: its plots in the folder `plots` beside it, its tables between their markers. */
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { Round } from "../bench/summary.ts"
import { type StepPlot, stepPlots } from "./step-lines.ts"
import { stepSvg } from "./step-svg.ts"
import { number } from "./table.ts"

const END = "<!-- end -->"
const markerOf = (scenario: string): string => `<!-- measured: ${scenario} -->`

/** @returns the paths of what was written; @throws Error where there is nothing to keep, or the page has no place for it */
export async function keep(page: string, scenario: string, rounds: readonly Round[]): Promise<string[]> {
  const plots = stepPlots(rounds)
  const tables = [...stepTable(plots), ...(rounds.at(-1)?.outcome.tables ?? [])].map(({ heads, rows }) =>
    markdown(heads, rows),
  )
  if (tables.length === 0) throw new Error(`${scenario} has neither plots nor tables that a page could keep.`)
  const text = withMeasured(await readFile(page, "utf8"), scenario, tables.join("\n\n"))
  const folder = join(dirname(page), "plots")
  await mkdir(folder, { recursive: true })
  const files = plots.map(({ steps }) => join(folder, `${scenario}-${steps.name}.svg`))
  for (const [index, plot] of plots.entries()) await writeFile(files[index] ?? "", stepSvg(plot))
  await writeFile(page, text)
  return [...files, page]
}

/** The page with these tables in the place of that scenario. */
function withMeasured(page: string, scenario: string, tables: string): string {
  const from = page.indexOf(markerOf(scenario))
  const to = page.indexOf(END, from)
  if (from === -1 || to === -1)
    throw new Error(`The page has no ${markerOf(scenario)} with ${END} after it, where the tables belong.`)
  return `${page.slice(0, from)}${markerOf(scenario)}\n\n${tables}\n\n${page.slice(to)}`
}

/** All plots of one unit and with the same lines are rows of one table. */
function stepTable(plots: readonly StepPlot[]): { heads: string[]; rows: string[][] }[] {
  const [first] = plots
  if (!first) return []
  const names = [...new Set(plots.flatMap(({ lines }) => [...lines.keys()]))]
  const rows = plots.map(({ title, unit, lines }) => {
    const steps = [...new Set([...lines.values()].flat().map(({ step }) => step))].sort((a, b) => a - b)
    const values = names.map((name) => {
      const points = lines.get(name)
      return points ? steps.map((step) => valueAt(points, step)).join(" → ") : "–"
    })
    return [`${title}, ${unit}`, steps.map((step) => step.toLocaleString("en-US")).join(" → "), ...values]
  })
  return [{ heads: ["what", "at", ...names], rows }]
}

function valueAt(points: readonly { step: number; median: number }[], step: number): string {
  const found = points.find((point) => point.step === step)
  return found ? number(found.median) : "–"
}

function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  // Names of keys have signs that mean something in Markdown.
  const shown = (cell: string): string => (/[{*]/.test(cell) ? `\`${cell}\`` : cell)
  const row = (cells: readonly string[]): string => `| ${cells.map(shown).join(" | ")} |`
  return [row(heads), row(heads.map(() => "---")), ...rows.map(row)].join("\n")
}
