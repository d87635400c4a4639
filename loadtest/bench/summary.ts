/** From rounds to what can be said: medians with their spread, and ratios of targets in the same round. */
import type { Figure, Outcome } from "../scenarios/scenario.ts"

export interface Round {
  readonly round: number
  readonly target: string
  readonly outcome: Outcome
  /** Others used the machine meanwhile, or the generator was the limit: left out of medians. */
  readonly marked: readonly string[]
}

/** Of several rounds. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly rounds: number
}

export interface Row {
  readonly figure: Figure
  readonly values: Readonly<Record<string, Spread>>
  /** The first target's value by another's, round by round. */
  readonly ratios: Readonly<Record<string, Spread>>
}

export interface Summary {
  readonly rows: readonly Row[]
  /** There was not one clean round of each target: the medians are of marked ones, and no evidence. */
  readonly doubtful: boolean
}

function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const least = sorted[0]
  const most = sorted.at(-1)
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.ceil((sorted.length - 1) / 2)]
  if (least === undefined || most === undefined || low === undefined || high === undefined) return undefined
  return { median: (low + high) / 2, least, most, rounds: sorted.length }
}

export function summarize(
  targets: readonly string[],
  figures: readonly Figure[],
  all: readonly Round[],
): Summary {
  const clean = all.filter(({ marked }) => marked.length === 0)
  const doubtful = targets.some((target) => !clean.some((round) => round.target === target))
  const rounds = doubtful ? all : clean
  const valuesOf = (target: string, key: string): Map<number, number> =>
    new Map(
      rounds.flatMap((round) => {
        const value = round.outcome.figures[key]
        return round.target === target && value !== undefined ? [[round.round, value] as const] : []
      }),
    )
  const [first = "", ...others] = targets
  const rows = figures.flatMap((figure) => {
    const values = pairs(targets, (target) => spread([...valuesOf(target, figure.key).values()]))
    if (Object.keys(values).length === 0) return []
    const mine = valuesOf(first, figure.key)
    const ratios = pairs(figure.compared ? others : [], (other) => {
      const theirs = valuesOf(other, figure.key)
      return spread([...mine].flatMap(([round, value]) => ratio(value, theirs.get(round))))
    })
    return [{ figure, values, ratios }]
  })
  return { rows, doubtful }
}

const ratio = (mine: number, theirs: number | undefined): number[] =>
  theirs === undefined || theirs === 0 ? [] : [mine / theirs]

function pairs(names: readonly string[], of: (name: string) => Spread | undefined): Record<string, Spread> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = of(name)
      return found ? [[name, found] as const] : []
    }),
  )
}
