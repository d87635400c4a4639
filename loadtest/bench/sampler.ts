/** Once a second: what the generators reported, what the target used. Makes the lines of the plots, and progress. */
import { type Counts, Histogram } from "../check/histogram.ts"
import type { Progress } from "../generator/job.ts"
import type { Line, Plot } from "../scenarios/scenario.ts"
import type { Running } from "../targets/target.ts"
import { cpuSecondsOf, residentBytesOf } from "./machine.ts"

const EVERY_MS = 1000
const MEGABYTE = 1024 * 1024

export class Sampler {
  readonly #running: Running
  readonly #say: (line: string) => void
  readonly #lines = new Map<string, [number, number][]>()
  readonly #timer: NodeJS.Timeout
  #began: number | undefined
  #at = performance.now()
  #cpu: number
  #accepted = 0
  #answers: Counts[] = []
  #deliveries: Counts[] = []

  constructor(running: Running, say: (line: string) => void) {
    this.#running = running
    this.#say = say
    this.#cpu = cpuSecondsOf(running.pids)
    this.#timer = setInterval(() => this.#sample(), EVERY_MS)
  }

  /** What a generator tells. */
  readonly tell = (progress: Progress): void => {
    this.#accepted += progress.accepted
    this.#answers.push(progress.answers)
    this.#deliveries.push(progress.deliveries)
  }

  /** From now on there are lines to plot; before, there is only progress. */
  measure(): void {
    this.#began = performance.now()
  }

  stop(): readonly Plot[] {
    clearInterval(this.#timer)
    const line = (name: string): Line => this.#lines.get(name) ?? []
    return [
      { title: "Throughput", unit: "messages/s", lines: { accepted: line("throughput") } },
      {
        title: "Latency of deliveries",
        unit: "ms",
        lines: { p50: line("p50"), p99: line("p99") },
      },
      {
        title: "Latency of answers",
        unit: "ms",
        lines: { p50: line("answer p50"), p99: line("answer p99") },
      },
      { title: "CPU per message", unit: "µs", lines: { target: line("cpu") } },
      { title: "Memory", unit: "MB", lines: { target: line("memory") } },
    ]
  }

  #sample(): void {
    const now = performance.now()
    const seconds = (now - this.#at) / 1000
    const cpu = cpuSecondsOf(this.#running.pids)
    const answers = Histogram.joined(this.#answers)
    const deliveries = Histogram.joined(this.#deliveries)
    const perSecond = this.#accepted / seconds
    const memory = residentBytesOf(this.#running.pids) / MEGABYTE
    const began = this.#began
    const add = (name: string, value: number): void => {
      if (began === undefined) return
      const line = this.#lines.get(name) ?? []
      line.push([(now - began) / 1000, value])
      this.#lines.set(name, line)
    }
    add("throughput", perSecond)
    add("memory", memory)
    if (this.#accepted > 0) {
      add("cpu", ((cpu - this.#cpu) * 1e6) / this.#accepted)
      add("answer p50", answers.quantile(0.5))
      add("answer p99", answers.quantile(0.99))
      add("p50", deliveries.quantile(0.5))
      add("p99", deliveries.quantile(0.99))
    }
    this.#say(
      `${Math.round(perSecond)} messages/s, delivered p50 ${deliveries.quantile(0.5).toFixed(1)} ms, ` +
        `p99 ${deliveries.quantile(0.99).toFixed(1)} ms, CPU ${((cpu - this.#cpu) / seconds).toFixed(2)} cores, ` +
        `memory ${memory.toFixed(0)} MB`,
    )
    this.#at = now
    this.#cpu = cpu
    this.#accepted = 0
    this.#answers = []
    this.#deliveries = []
  }
}
