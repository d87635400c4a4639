/** The summary as a table of text. */
import type { Row, Spread, Summary } from "../bench/summary.ts"

export const number = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString("en-US")
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

export const span = ({ median, least, most, rounds }: Spread): string =>
  rounds > 1 ? `${number(median)} (${number(least)}–${number(most)})` : number(median)

export function cells(targets: readonly string[], { figure, values, ratios }: Row): string[] {
  const text = (found: Spread | undefined, unit: string): string => (found ? `${span(found)}${unit}` : "–")
  return [
    figure.unit === "" ? figure.label : `${figure.label}, ${figure.unit}`,
    ...targets.map((target) => text(values[target], "")),
    ...targets.slice(1).map((target) => text(ratios[target], " ×")),
  ]
}

export const heads = (targets: readonly string[]): string[] => [
  "medians (least–most)",
  ...targets,
  ...targets.slice(1).map((target) => `${targets[0]} ÷ ${target}`),
]

export const textTable = (targets: readonly string[], { rows }: Summary): string =>
  aligned([heads(targets), ...rows.map((row) => cells(targets, row))])

/** Lines of cells as columns; the first line has the heads. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(...lines.map((line) => line.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  const text = (line: readonly string[]): string =>
    line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")
  return lines.map((line) => text(line).trimEnd()).join("\n")
}
