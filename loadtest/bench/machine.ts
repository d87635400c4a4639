/** What /proc knows of CPU and memory: of our processes, and of everybody else meanwhile. */
import { readFileSync } from "node:fs"

/** USER_HZ, fixed at 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

/** CPU seconds that a process has used with all its threads; 0 once it is gone. */
function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The name of the program may hold blanks; the fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return 0
  }
}

/** Resident memory in bytes; 0 once it is gone. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_BYTES
  } catch {
    return 0
  }
}

export const cpuSecondsOf = (pids: readonly number[]): number =>
  pids.reduce((all, pid) => all + cpuSeconds(pid), 0)
export const residentBytesOf = (pids: readonly number[]): number =>
  pids.reduce((all, pid) => all + residentBytes(pid), 0)

/**
 * CPU seconds of the whole machine in programs, the kernel on their behalf, and what a host took away. Interrupts are left out:
 * those of loopback traffic are counted among the processes already.
 */
function machineSeconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "latin1").split("\n", 1)
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(/\s+/).slice(1).map(Number)
  return (user + nice + system + steal) / TICKS_PER_SECOND
}

/** A span of time: what the named groups of processes used in it, and what was used by processes that are not ours. */
export interface Used {
  readonly seconds: number
  readonly cpu: Readonly<Record<string, number>>
  /** Cores that others kept busy. */
  readonly foreignCores: number
}

export class Span {
  readonly #groups: Readonly<Record<string, readonly number[]>>
  readonly #at = performance.now()
  readonly #machine = machineSeconds()
  readonly #before: ReadonlyMap<string, number>

  constructor(groups: Readonly<Record<string, readonly number[]>>) {
    this.#groups = groups
    this.#before = new Map(Object.entries(groups).map(([name, pids]) => [name, cpuSecondsOf(pids)]))
  }

  /** Since the span began. */
  used(): Used {
    const seconds = (performance.now() - this.#at) / 1000
    const machine = machineSeconds() - this.#machine
    const cpu = Object.fromEntries(
      Object.entries(this.#groups).map(([name, pids]) => [
        name,
        cpuSecondsOf(pids) - (this.#before.get(name) ?? 0),
      ]),
    )
    const ours = Object.values(cpu).reduce((all, one) => all + one, 0)
    return { seconds, cpu, foreignCores: Math.max(0, machine - ours) / seconds }
  }
}
