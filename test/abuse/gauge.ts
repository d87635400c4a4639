/**
 * What a process costs, looked at from outside: its share of a core and its memory by Linux's own books, and what of
 * its heap is alive, by the inspector that it was started with.
 */
import { readFileSync } from "node:fs"

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** Seconds of a core that this process and all its threads have used. */
function coreSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // The name of the program may hold anything, so what follows its bracket is counted.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

export interface Sample {
  readonly at: number
  readonly core: number
  readonly bytes: number
}

const EVERY_MS = 100

/** Looks at some processes until it is stopped. */
export class Gauge {
  readonly samples: Sample[] = []
  readonly #pids: readonly number[]
  readonly #timer: NodeJS.Timeout

  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#look()
    this.#timer = setInterval(() => this.#look(), EVERY_MS)
  }

  stop(): readonly Sample[] {
    clearInterval(this.#timer)
    this.#look()
    return this.samples
  }

  #look(): void {
    try {
      const core = this.#pids.reduce((sum, pid) => sum + coreSeconds(pid), 0)
      const bytes = this.#pids.reduce((sum, pid) => sum + residentBytes(pid), 0)
      this.samples.push({ at: performance.now(), core, bytes })
    } catch {
      // The process is gone: that it did not answer says the rest.
    }
  }
}

/** The share of a core between two moments. */
export function share(samples: readonly Sample[], from: number, to: number): number {
  const inside = samples.filter(({ at }) => at >= from && at <= to)
  const [first, last] = [inside[0], inside.at(-1)]
  if (!first || !last || last.at === first.at) return 0
  return ((last.core - first.core) * 1000) / (last.at - first.at)
}
