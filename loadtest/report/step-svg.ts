/** A plot as a file of its own, for a page: it has its own colours, light and dark, and says what it shows. */
import { escaped, label, ticksTo } from "./plot.ts"
import type { Point, StepPlot } from "./step-lines.ts"

const WIDTH = 520
const HEIGHT = 250
const LEFT = 62
const RIGHT = 18
const TOP = 48
const BOTTOM = 44
/** From this ratio of the last step to the first on, equal ratios are equal distances. */
const WIDE = 20

const STYLE = `text{font:11px system-ui,sans-serif;fill:#3d444d}.title{font-size:13px;font-weight:600;fill:#1b1f24}
.ground{fill:#ffffff}.grid{stroke:#e4e8ec}.line{fill:none;stroke-width:2}.range{stroke-width:1}
.a{stroke:#0a6ebd}.b{stroke:#c2410c}circle.a,text.a{fill:#0a6ebd;stroke:none}circle.b,text.b{fill:#c2410c;stroke:none}
@media(prefers-color-scheme:dark){text{fill:#b4bcc6}.title{fill:#e6eaef}.ground{fill:#15191e}.grid{stroke:#2b323a}
.a{stroke:#58a6ff}.b{stroke:#f0883e}circle.a,text.a{fill:#58a6ff}circle.b,text.b{fill:#f0883e}}`
const COLOURS = ["a", "b"] as const

/** Where a step stands; none at all stands a whole power of ten before the first. */
function scaleOf(steps: readonly number[]): { readonly wide: boolean; along(step: number): number } {
  const least = Math.min(...steps.filter((step) => step > 0))
  const wide = Math.max(...steps) / least >= WIDE
  const along = (step: number): number =>
    wide ? (step > 0 ? Math.log10(step) : Math.log10(least) - 1) : step
  return { wide, along }
}

export function stepSvg({ title, unit, steps, lines }: StepPlot): string {
  const all = [...lines.values()].flat()
  const at = [...new Set(all.map(({ step }) => step))].sort((a, b) => a - b)
  const { wide, along } = scaleOf(at)
  const distances = at.map(along)
  const [first, last] = [Math.min(...distances), Math.max(...distances)]
  const ticks = ticksTo(Math.max(...all.map(({ most }) => most)))
  const top = ticks.at(-1) || 1
  const x = (step: number): string =>
    (LEFT + 14 + ((along(step) - first) / (last - first || 1)) * (WIDTH - LEFT - RIGHT - 28)).toFixed(1)
  const y = (value: number): string => (TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM)).toFixed(1)

  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text x="${LEFT - 8}" y="${y(tick)}" text-anchor="end" dominant-baseline="middle">${label(tick)}</text>`,
  )
  const foot = at.map(
    (step) =>
      `<text x="${x(step)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${step.toLocaleString("en-US")}</text>`,
  )
  const names = [...lines.keys()].map(
    (name, index) =>
      `<text class="${COLOURS[index] ?? "b"}" x="${WIDTH - RIGHT - (lines.size - 1 - index) * 78}" y="36" text-anchor="end">● ${escaped(name)}</text>`,
  )
  const drawn = [...lines.values()].map((line, index) => drawnOf(line, COLOURS[index] ?? "b", x, y))
  const axis = `${steps.axis}${wide ? " (logarithmic)" : ""}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(`${title}, ${unit}`)}">
<title>${escaped(`${title}, ${unit}`)}</title>
<style>${STYLE}</style>
<rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="6"/>
<text class="title" x="14" y="20">${escaped(title)}</text>
<text x="14" y="36">${escaped(unit)}</text>
${names.join("\n")}
${grid.join("\n")}
${foot.join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(axis)}</text>
${drawn.join("\n")}
</svg>
`
}

function drawnOf(
  line: readonly Point[],
  colour: string,
  x: (step: number) => string,
  y: (value: number) => string,
): string {
  const path = line.map(({ step, median }) => `${x(step)},${y(median)}`).join(" ")
  const points = line.map(({ step, median, least, most }) => {
    const range =
      least < most
        ? `<line class="range ${colour}" x1="${x(step)}" x2="${x(step)}" y1="${y(least)}" y2="${y(most)}"/>`
        : ""
    return `${range}<circle class="${colour}" cx="${x(step)}" cy="${y(median)}" r="3.5"><title>${step}: ${label(median)}</title></circle>`
  })
  return `<polyline class="line ${colour}" points="${path}"/>${points.join("")}`
}
