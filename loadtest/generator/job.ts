/** What generators do for the bench. A job is prepared, then told by the bench what comes next; it reports as it goes. */

import type { RoomRow } from "../check/console-check.ts"
import type { Counts } from "../check/histogram.ts"
import type { Verdict } from "../check/verdict.ts"
import type { DialectName } from "../dialects/dialect.ts"
import type { Endpoint } from "../wire/connection.ts"

/** Whom to load; as data, for it is sent to other processes. */
export interface Address {
  readonly endpoints: readonly Endpoint[]
  readonly dialect: DialectName
}

/** Since the last report. */
export interface Progress {
  readonly accepted: number
  readonly delivered: number
  readonly answers: Counts
  readonly deliveries: Counts
}

/** Everything between `measure` and `stop`, and the verdict on the whole. */
export interface RoomsResult {
  readonly accepted: number
  readonly delivered: number
  readonly answers: Counts
  readonly deliveries: Counts
  readonly verdict: Verdict
  readonly rows: readonly RoomRow[]
  /** Of open loops: how late the generator itself was, in milliseconds at the 99th percentile. */
  readonly lateMs: number
}

export type Tell = (progress: Progress) => void

/** Verbs that the bench may call by name; each answers with plain data. */
export type Job = Readonly<Record<string, (argument: unknown) => unknown>>

/** @param params plain data, as the job's own `…Params` says */
export type MakeJob = (params: unknown, tell: Tell) => Promise<Job>

export interface Call {
  readonly id: number
  readonly verb: string
  readonly argument: unknown
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly progress: Progress }
