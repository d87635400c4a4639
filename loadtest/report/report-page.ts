/** One page that holds everything: the table, the plots, the rounds, where it was measured. */
import type { Round, Summary } from "../bench/summary.ts"
import { complaints } from "../check/verdict.ts"
import type { Origin } from "./origin.ts"
import { type Curve, escaped, plotSvg } from "./plot.ts"
import { stepPlots } from "./step-lines.ts"
import { stepSvg } from "./step-svg.ts"
import { cells, heads, number } from "./table.ts"

export interface Result {
  readonly scenario: string
  readonly summary: string
  readonly variant: string
  readonly command: string
  readonly origin: Origin
  readonly targets: readonly string[]
  readonly outcome: Summary
  readonly rounds: readonly Round[]
  readonly failures: readonly string[]
}

const COLOURS = ["#0a6ebd", "#d1495b", "#2e8b57", "#8a5fbf", "#b8860b", "#555555"]
const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1100px;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{border-bottom:1px solid #d8dee4;padding:.3rem .6rem;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}figure{display:inline-block;width:470px;max-width:100%;margin:.5rem}figcaption{font-weight:600}
svg{width:100%;font-size:10px}svg polyline{fill:none;stroke-width:1.6}svg .grid{stroke:#e4e8ec}.bad{color:#b00020;font-weight:600}.key{margin-right:1rem}
@media(prefers-color-scheme:dark){body{background:#15191e;color:#dde3ea}th,td{border-color:#333b44}svg text{fill:#dde3ea}svg .grid{stroke:#2b323a}}`

export function page(result: Result): string {
  const { scenario, summary, variant, command, origin, targets, outcome, failures } = result
  const broken =
    failures.length === 0
      ? "<p>Nothing was lost, doubled, reordered or leaked.</p>"
      : `<ul class="bad">${failures.map((failure) => `<li>${escaped(failure)}</li>`).join("")}</ul>`
  const doubt = outcome.doubtful
    ? '<p class="bad">No clean round of each target: others used the machine, so these figures prove nothing.</p>'
    : ""
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(scenario)}: load test</title><style>${STYLE}</style>
<h1>${escaped(scenario)}, ${escaped(variant)}</h1><p>${escaped(summary)}.</p>
<p><code>${escaped(command)}</code><br>commit ${escaped(origin.commit)}, Node ${escaped(origin.node)}, ${escaped(origin.at)}<br>${escaped(origin.machine)}</p>
${broken}${doubt}
${table(
  heads(targets),
  outcome.rows.map((row) => cells(targets, row)),
)}
${grown(targets, result.rounds)}
${plots(targets, result.rounds)}
${tables(targets, result.rounds)}
<h2>Rounds</h2>${table(
    ["round", "target", "foreign cores", "verdict", "left out"],
    result.rounds.map(({ round, target, outcome: { foreignCores, verdict }, marked }) => [
      String(round),
      target,
      number(foreignCores),
      complaints(verdict).join(", ") || "clean",
      marked.join(", "),
    ]),
  )}</html>`
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (tag: string, line: readonly string[]): string =>
    `<tr>${line.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`
  return `<table>${row("th", head)}${lines.map((line) => row("td", line)).join("")}</table>`
}

/** Of each target's last round. */
function tables(targets: readonly string[], rounds: readonly Round[]): string {
  const shown = targets.flatMap((target) => rounds.findLast((round) => round.target === target) ?? [])
  return shown
    .flatMap(({ target, outcome }) =>
      (outcome.tables ?? []).map(
        ({ title, heads, rows }) => `<h2>${escaped(`${title}, ${target}`)}</h2>${table(heads, rows)}`,
      ),
    )
    .join("")
}

/** What goes along something that grows, of the first target: as the files that a page keeps. */
function grown([first]: readonly string[], rounds: readonly Round[]): string {
  return stepPlots(rounds.filter(({ target }) => target === first))
    .map((plot) => `<img alt="" src="data:image/svg+xml,${encodeURIComponent(stepSvg(plot))}">`)
    .join("\n")
}

/** Each plot along time with the lines of all targets, of the last clean round, or of the last one. */
function plots(targets: readonly string[], rounds: readonly Round[]): string {
  const shown = targets.flatMap((target) => {
    const own = rounds.filter((round) => round.target === target)
    const found = own.findLast(({ marked }) => marked.length === 0) ?? own.at(-1)
    return found ? [found] : []
  })
  const titles = new Map(
    shown.flatMap(({ outcome }) =>
      outcome.plots.flatMap(({ title, unit, steps }) => (steps ? [] : [[title, unit] as const])),
    ),
  )
  if (titles.size === 0) return ""
  const legend = targets
    .map(
      (target, index) =>
        `<span class="key" style="color:${COLOURS[index % COLOURS.length]}">■ ${escaped(target)}</span>`,
    )
    .join("")
  const figures = [...titles].map(([title, unit]) => {
    const curves = shown.flatMap(({ target, outcome }): Curve[] => {
      const lines = Object.entries(outcome.plots.find((plot) => plot.title === title)?.lines ?? {})
      return lines.map(([name, line], index) => ({
        name: `${target} ${name}`,
        colour: COLOURS[targets.indexOf(target) % COLOURS.length] ?? "#000",
        dashed: index > 0,
        line,
      }))
    })
    const names = [
      ...new Set(
        shown.flatMap(({ outcome }) =>
          Object.keys(outcome.plots.find((plot) => plot.title === title)?.lines ?? {}),
        ),
      ),
    ]
    const dashes =
      names.length > 1
        ? ` (${names.map((name, index) => `${name} ${index > 0 ? "dashed" : "full"}`).join(", ")})`
        : ""
    return `<figure><figcaption>${escaped(`${title}, ${unit}${dashes}`)}</figcaption>${plotSvg(title, curves)}</figure>`
  })
  return `<h2>The last clean round</h2><p>${legend}</p>${figures.join("")}`
}
