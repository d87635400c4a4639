/** A fault of ours or of the store that each command meets is a line now and again, not one for each of them. */
import type { Log } from "../../lib/log.ts"
import { SparseReport } from "../../lib/sparse-report.ts"

/** What differs in more ways is logged each time. */
const MAX_KINDS = 100

export class FaultLog {
  readonly #log: Log
  /** By what happened and what was thrown. */
  readonly #kinds = new Map<string, SparseReport>()

  constructor(log: Log) {
    this.#log = log
  }

  failed(what: string, error: unknown, fields: Readonly<Record<string, string | undefined>> = {}): void {
    const kind = [what, ...Object.values(fields), error instanceof Error ? error.message : error].join(" ")
    const report =
      this.#kinds.get(kind) ?? new SparseReport((seen) => this.#log.error(what, { ...fields, error: seen }))
    if (this.#kinds.size < MAX_KINDS) this.#kinds.set(kind, report)
    report.failed(error)
  }
}
