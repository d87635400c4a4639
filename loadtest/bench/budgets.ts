/** What the hub may cost: the budgets, the runs that measure them, and whether they are kept. */
import { number, span } from "../report/table.ts"
import { fanout10 } from "../scenarios/fanout.ts"
import { IDLE } from "../scenarios/idle.ts"
import { merges } from "../scenarios/merges.ts"
import { open } from "../scenarios/open.ts"
import { saturation } from "../scenarios/saturation.ts"
import type { Scenario } from "../scenarios/scenario.ts"
import { bytes } from "../scenarios/stored-bytes.ts"
import { storm } from "../scenarios/storm.ts"
import type { StoreKind } from "../targets/hub-target.ts"
import type { Spread, Summary } from "./summary.ts"

export interface Play {
  readonly scenario: Scenario
  readonly store: StoreKind
  readonly nodes: number
}

interface Budget {
  readonly what: string
  readonly play: Play
  readonly figure: string
  /** The opponent of a ratio; `undefined`: the figure itself is bounded. */
  readonly by?: "bare" | "usual"
  readonly bound: "at least" | "at most"
  readonly must?: number
  readonly aim: number
}

const on = (scenario: Scenario | undefined, store: StoreKind = "redis", nodes = 1): Play => {
  if (!scenario) throw new Error("There is no such scenario.")
  return { scenario, store, nodes }
}
const ONE = on(saturation)
const TWO = on(saturation, "redis", 2)
const EMBEDDED = on(saturation, "embedded")
const OPEN = on(open)
const FANOUT = on(fanout10)
const IDLE_ANONYMOUS = on(IDLE[0])
const MERGES = on(merges)
const BYTES = on(bytes)
const STORM = on(storm)

export const PLAYS: readonly Play[] = [ONE, TWO, EMBEDDED, OPEN, FANOUT, IDLE_ANONYMOUS, MERGES, BYTES, STORM]

const least = { bound: "at least" } as const
const most = { bound: "at most" } as const

const BUDGETS: readonly Budget[] = [
  {
    what: "stored messages/s at saturation, one node, Redis",
    play: ONE,
    figure: "perSecond",
    by: "usual",
    ...least,
    must: 1,
    aim: 1,
  },
  { what: "the same", play: ONE, figure: "perSecond", by: "bare", ...least, aim: 0.8 },
  { what: "the same, two nodes", play: TWO, figure: "perSecond", by: "usual", ...least, must: 1, aim: 1.6 },
  {
    what: "the same, embedded, flushed",
    play: EMBEDDED,
    figure: "perSecond",
    by: "bare",
    ...least,
    must: 0.6,
    aim: 0.8,
  },
  {
    what: "CPU of the hub per message at saturation, µs",
    play: ONE,
    figure: "cpu",
    ...most,
    must: 160,
    aim: 120,
  },
  {
    what: "CPU of the hub per message at 500/s",
    play: OPEN,
    figure: "cpu",
    by: "bare",
    ...most,
    must: 2,
    aim: 1.4,
  },
  {
    what: "delivery at 500/s, 99 %",
    play: OPEN,
    figure: "deliveryP99",
    by: "usual",
    ...most,
    must: 1,
    aim: 1,
  },
  {
    what: "stored messages/s to 10 devices",
    play: FANOUT,
    figure: "perSecond",
    by: "bare",
    ...least,
    must: 0.9,
    aim: 1.3,
  },
  {
    what: "memory per idle anonymous connection",
    play: IDLE_ANONYMOUS,
    figure: "kilobytes",
    by: "bare",
    ...most,
    must: 1.1,
    aim: 0.9,
  },
  {
    what: "connects/s",
    play: IDLE_ANONYMOUS,
    figure: "perSecond",
    by: "bare",
    ...least,
    must: 0.7,
    aim: 0.9,
  },
  {
    what: "CPU of a merge of 10,000 messages by that of 10",
    play: MERGES,
    figure: "costRatio",
    ...most,
    must: 2,
    aim: 2,
  },
  {
    what: "Redis bytes per message of 200 characters",
    play: BYTES,
    figure: "storeBytes",
    ...most,
    must: 600,
    aim: 450,
  },
  {
    what: "5,000 devices come back, time until all have caught up",
    play: STORM,
    figure: "seconds",
    by: "usual",
    ...most,
    must: 0.75,
    aim: 0.75,
  },
  { what: "of them, given everything anew", play: STORM, figure: "full", ...most, must: 0, aim: 0 },
]

/** The budgets as a Markdown table. @param found what each play has shown */
export function budgetTable(found: ReadonlyMap<Play, Summary>): string {
  const lines = BUDGETS.map((budget) => {
    const spread = measured(budget, found.get(budget.play))
    const unit = budget.by === undefined ? "" : ` × ${budget.by}`
    const limit = (value: number | undefined): string =>
      value === undefined ? "–" : `${budget.bound === "at least" ? "≥" : "≤"} ${number(value)}${unit}`
    const shown = spread ? `${span(spread)}${unit}` : "not measured"
    return [budget.what, shown, limit(budget.must), limit(budget.aim), judgement(budget, spread)]
  })
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`
  return [
    row(["what", "measured", "must", "aim", ""]),
    row(["---", "---", "---", "---", "---"]),
    ...lines.map(row),
  ].join("\n")
}

function measured({ figure, by }: Budget, summary: Summary | undefined): Spread | undefined {
  const row = summary?.rows.find((one) => one.figure.key === figure)
  return by === undefined ? row?.values.hub : row?.ratios[by]
}

function judgement({ bound, must, aim }: Budget, spread: Spread | undefined): string {
  if (!spread) return ""
  const keeps = (limit: number): boolean =>
    bound === "at least" ? spread.median >= limit : spread.median <= limit
  if (keeps(aim)) return "aim reached"
  if (must === undefined) return "aim missed"
  return keeps(must) ? "must kept" : "**must missed**"
}
