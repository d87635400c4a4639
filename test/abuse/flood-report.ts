/** The page of figures: what the others felt, what the attackers cost, when they were cut. */
import { megabytes, type Outcome } from "./bounds.ts"

const COLUMNS = [
  "flood",
  "others' median (calm) ms",
  "worst",
  "live",
  "received/s first 2 s",
  "received/s later",
  "core first 2 s",
  "core later (a bare server)",
]
const MORE = ["held MB", "peak MB", "frames", "MB sent", "connections", "refused", "cuts", "first cut ms"]

const whole = (value: number): string => value.toFixed(0)
const share = (value: number): string => value.toFixed(2)

export function line({ flood, calm, under, core, memory, deeds, alive }: Outcome): string {
  return row([
    alive ? flood : `${flood} †`,
    `${under.median.toFixed(1)} (${calm.median.toFixed(1)})`,
    whole(under.worst),
    whole(under.live),
    whole(under.received.first),
    whole(under.received.later),
    share(core.first),
    core.judged ? `${share(core.later)}${core.bare === undefined ? "" : ` (${share(core.bare)})`}` : "–",
    megabytes(memory.held).toFixed(1),
    megabytes(memory.peak).toFixed(1),
    String(deeds.frames),
    megabytes(deeds.bytes).toFixed(1),
    String(deeds.connections),
    String(deeds.refused),
    String(deeds.cuts),
    deeds.firstCutMs === undefined ? "–" : whole(deeds.firstCutMs),
  ])
}

export const heading = (): string =>
  [row([...COLUMNS, ...MORE]), row([...COLUMNS, ...MORE].map(() => "---"))].join("\n")

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`
