/** Lines over time as SVG, without a library: the page must open anywhere, also without a network. */
import type { Line } from "../scenarios/scenario.ts"

export interface Curve {
  readonly name: string
  readonly colour: string
  readonly dashed: boolean
  readonly line: Line
}

const WIDTH = 460
const HEIGHT = 220
const LEFT = 58
const BOTTOM = 24
const TOP = 8

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`)

const STEPS = [1, 2, 5, 10]

/** From 0 to at least `most`, four or five round numbers. */
export function ticksTo(most: number): number[] {
  const rough = (most || 1) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * (STEPS.find((factor) => factor * power >= rough) ?? 10)
  return Array.from({ length: Math.ceil((most || 1) / step) + 1 }, (_, index) => index * step)
}

export const label = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 3 })

export function plotSvg(title: string, curves: readonly Curve[]): string {
  const points = curves.flatMap(({ line }) => line)
  if (points.length === 0) return ""
  const right = Math.max(...points.map(([x]) => x))
  const ticks = ticksTo(Math.max(...points.map(([, y]) => y)))
  const top = ticks.at(-1) || 1
  const x = (value: number): number => LEFT + (value / (right || 1)) * (WIDTH - LEFT - 8)
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM)
  const grid = ticks.map((tick) => {
    const at = y(tick).toFixed(1)
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${label(tick)}</text>`
  })
  const times = ticksTo(right)
    .filter((time) => time <= right)
    .map(
      (time) =>
        `<text x="${x(time).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="middle">${label(time)}</text>`,
    )
  const paths = curves.map(({ name, colour, dashed, line }) => {
    const path = line.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ")
    return `<polyline points="${path}" stroke="${colour}"${dashed ? ' stroke-dasharray="5 3"' : ""}><title>${escaped(name)}</title></polyline>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>${escaped(title)}</title>${grid.join("")}${times.join("")}${paths.join("")}</svg>`
}
