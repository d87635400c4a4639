/** Logs faults. The same fault in many commands is a line every 30 seconds, not one for each command. */
import type { Log } from "../../lib/log.ts"
import { SparseReport } from "../../lib/sparse-report.ts"

/** Kinds of faults that are remembered; further kinds are logged each time. */
const MAX_KINDS = 100

export class FaultLog {
  readonly #log: Log
  /** By what failed and the error's message. */
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
