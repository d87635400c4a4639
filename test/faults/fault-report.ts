/** What a run has to say, for people and for the log of a build. */
import type { Verdict } from "./checker.ts"
import type { Schedule } from "./schedule.ts"

const SHOWN = 12

export function lineOf(schedule: Schedule, verdict: Verdict, seconds: number): string {
  const { sent, acked, deliveries, lost, doubled, reordered, leaked, untold, resets } = verdict
  const counts = { sent, acked, deliveries, lost, doubled, reordered, leaked, untold, resets }
  const counted = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  const state = verdict.complaints.length === 0 ? "kept" : "BROKEN"
  return `${schedule.deployment} seed ${schedule.seed}: ${state}: ${counted.join(", ")}; ${schedule.faults.length} faults in ${seconds.toFixed(0)} s`
}

export function complaintsOf({ complaints }: Verdict): string {
  const more = complaints.length - SHOWN
  return [...complaints.slice(0, SHOWN), ...(more > 0 ? [`… and ${more} more`] : [])]
    .map((one) => `  ${one}`)
    .join("\n")
}

/** A schedule as it can be played again: kept in a file, `npm run test:faults -- --replay <file>`. */
export const textOf = (schedule: Schedule): string => JSON.stringify(schedule)

export function outline({ devices, acts, faults, deployment, seed }: Schedule): string {
  const people = devices.filter((count) => count > 0).length
  return `${deployment} seed ${seed}: ${people} people, ${acts.length} acts, ${faults.map(({ fault }) => fault).join(", ") || "no fault"}`
}
