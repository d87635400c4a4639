/** What a scenario is, and what it is given. */

import type { Options } from "../bench/options.ts"
import { CLEAN, type Verdict } from "../check/verdict.ts"
import type { Running } from "../targets/target.ts"

/** Of a scenario of several nodes, where the store serves but one. */
export function oneNodeOnly(stage: Stage): Outcome | undefined {
  if (stage.options.store !== "embedded") return undefined
  stage.say("left out: the embedded store serves one node only")
  return { figures: {}, verdict: CLEAN, plots: [], foreignCores: 0 }
}

/** A row of the report. */
export interface Figure {
  readonly key: string
  readonly label: string
  readonly unit: string
  /** Whether a ratio to the opponents says something. */
  readonly compared: boolean
}

/** A line of a plot: seconds since the measurement began, or steps, and a value. */
export type Line = readonly (readonly [number, number])[]

/** Where a plot does not go along time but along something that grows. */
export interface Steps {
  /** Of the plot's file, where it is kept. */
  readonly name: string
  /** What grows. */
  readonly axis: string
}

export interface Plot {
  readonly title: string
  readonly unit: string
  readonly lines: Readonly<Record<string, Line>>
  readonly steps?: Steps
}

/** What is neither a figure nor a line. */
export interface Table {
  readonly title: string
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Outcome {
  /** By the key of the figure; one that was not measured is left out. */
  readonly figures: Readonly<Record<string, number>>
  readonly verdict: Verdict
  readonly plots: readonly Plot[]
  readonly tables?: readonly Table[]
  /** Cores that others kept busy meanwhile. */
  readonly foreignCores: number
}

export interface Stage {
  readonly running: Running
  readonly options: Options
  /** Whether the target promises one order. */
  readonly ordered: boolean
  /** One line of progress. */
  say(line: string): void
}

export interface Scenario {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly figures: readonly Figure[]
  /** The opponents that can do the same work. */
  readonly opponents: readonly string[]
  /** Settings of the hub's app, if not the defaults. */
  readonly app?: object
  /** Partitions of the hub's app, if not the default. */
  readonly partitions?: number
  /** Milliseconds from the hub to Redis, and as many back; none if not given. */
  readonly distanceMs?: number
  /** `default`: the limits of the hub stay as they are. */
  readonly limits?: "default"
  run(stage: Stage): Promise<Outcome>
}
