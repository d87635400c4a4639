/** People who only want to write, while something else goes on: what they feel is the figure. */
import { randomBytes } from "node:crypto"
import type { Generator } from "../bench/child.ts"
import { type Counts, Histogram } from "../check/histogram.ts"
import type { Verdict } from "../check/verdict.ts"
import type { Progress, RoomsResult } from "../generator/job.ts"
import type { RoomsParams } from "../generator/jobs/rooms-job.ts"
import type { Running } from "../targets/target.ts"

const ROOMS = 10
/** Away from the rooms of others. */
const FIRST_ROOM = 60_000
const DRAIN_MS = 15_000

/** What nobody should wait for longer. */
const SLOW_MS = 20

export interface Felt {
  readonly p50: number
  readonly p99: number
  readonly worst: number
  readonly answers: number
  /** Of these, how many took over 20 ms. */
  readonly slow: number
}

function feltOf(answers: Counts): Felt {
  const histogram = Histogram.joined([answers])
  return {
    p50: histogram.quantile(0.5),
    p99: histogram.quantile(0.99),
    worst: histogram.quantile(1),
    answers: histogram.count,
    slow: histogram.above(SLOW_MS),
  }
}

export class Bystanders {
  readonly #generator: Generator

  constructor(generator: Generator) {
    this.#generator = generator
  }

  /** They write `perSecond` messages all together. */
  async begin(running: Running, perSecond: number): Promise<void> {
    const params: RoomsParams = {
      address: running.address,
      run: randomBytes(3).toString("hex"),
      first: FIRST_ROOM,
      rooms: ROOMS,
      devices: 2,
      senders: 2,
      window: 1,
      characters: 200,
      perSecond,
      drainMs: DRAIN_MS,
    }
    await this.#generator.prepare("rooms", params)
    await this.#generator.call("go")
  }

  /** How long their answers took while `happening`. */
  async feel(happening: () => Promise<void>): Promise<Felt> {
    await this.#generator.call("measure")
    await happening()
    // The boundary: the job's own result.
    const { answers } = (await this.#generator.call("measured")) as Progress
    return feltOf(answers)
  }

  async end(): Promise<Verdict> {
    return ((await this.#generator.call("stop")) as RoomsResult).verdict
  }
}
