/** Rounds: every target afresh, one after the other, whose turn is first changes from round to round. */
import { complaints } from "../check/verdict.ts"
import type { Scenario } from "../scenarios/scenario.ts"
import type { Target } from "../targets/target.ts"
import type { Options } from "./options.ts"
import type { Round } from "./summary.ts"

/** A disturbed round is repeated, but not for ever. */
const MOST_ROUNDS_TIMES = 2

export interface Report {
  readonly rounds: readonly Round[]
  /** One line for each broken promise; none, or the run has failed. */
  readonly failures: readonly string[]
}

export async function playRounds(
  scenario: Scenario,
  targets: readonly Target[],
  options: Options,
  print: (line: string) => void,
): Promise<Report> {
  const rounds: Round[] = []
  const failures: string[] = []
  const most = options.short ? options.rounds : options.rounds * MOST_ROUNDS_TIMES
  let clean = 0
  for (let round = 1; round <= most && clean < options.rounds; round++) {
    const played: Round[] = []
    for (const target of turned(targets, round)) {
      const name = `${scenario.name}, round ${round}, ${target.name}`
      const one = await play(scenario, target, options, round, (line) => print(`${name}: ${line}`))
      played.push(one)
      const broken = complaints(judged(one, target))
      if (broken.length > 0) {
        failures.push(`${name}: ${broken.join(", ")}`)
        print(`${name}: BROKEN, ${broken.join(", ")}`)
      }
      for (const why of one.marked) print(`${name}: left out, ${why}`)
    }
    rounds.push(...played)
    if (played.every(({ marked }) => marked.length === 0)) clean += 1
  }
  return { rounds, failures }
}

async function play(
  scenario: Scenario,
  target: Target,
  options: Options,
  round: number,
  say: (line: string) => void,
): Promise<Round> {
  say("starting")
  const running = await target.start()
  try {
    const outcome = await scenario.run({ running, options, ordered: target.ordered, say })
    const broken = running.broken()
    if (broken !== undefined) throw new Error(`${target.name} did not survive: ${broken}`)
    const foreign = outcome.foreignCores
    const marked = foreign > options.foreign ? [`others used ${foreign.toFixed(2)} cores`] : []
    return { round, target: target.name, outcome, marked }
  } finally {
    await running.stop()
  }
}

/** No target is judged by what it does not promise. */
const judged = ({ outcome }: Round, { ordered: ascending }: Target) =>
  ascending ? outcome.verdict : { ...outcome.verdict, reordered: 0 }

const turned = <T>(all: readonly T[], by: number): T[] => {
  const at = (by - 1) % all.length
  return [...all.slice(at), ...all.slice(0, at)]
}
