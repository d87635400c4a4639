/**
 * Runs tasks one after another. Each begins when the one before has ended, in success or failure, and after the event loop
 * has turned: with a store whose reads resolve at once, one queue would otherwise run all its tasks in a single turn and
 * keep everything else waiting. Tasks whose order is kept by other means may overlap: the next one begins as soon as the
 * one before allows it.
 */
import { loopTurn } from "./loop-turn.ts"

/** Overlapping tasks that may begin in one turn of the loop. */
const MAX_IN_A_TURN = 8

/** A task that may overlap with others of its kind. */
export interface Overlapping<Trace> {
  /** Every task before this one has ended. */
  readonly first: boolean
  /** What the last unfinished task before this one has passed on with `letNext`, unless it took it back. */
  readonly before: Trace | undefined
  /** The next task may begin now, if it may overlap, too; one that waits in `untilLet` goes on. */
  letNext(trace: Trace): void
  /** It has to be done again, and so has all that followed it: what begins next waits for another `letNext`. */
  takeBack(): void
  /** Resolves when the last task before this one has ended or lets the next begin. */
  untilLet(): Promise<void>
  /** Resolves when every task before this one has ended. */
  alone(): Promise<void>
}

interface Waiting {
  readonly overlaps: boolean
  begin(): void
}

export class SerialQueue<Trace = undefined> {
  readonly #waiting: Waiting[] = []
  /** The last of the tasks that have begun and not ended. */
  #latest: Running<Trace> | undefined
  /** The turn of the loop in which a task ended. */
  #endedIn = -1
  /** The turn of the loop in which one began beside others, and how many did. */
  #besideIn = -1
  #beside = 0
  /** A task has left the queue and begins in a moment. */
  #beginning = false

  run<T>(task: () => Promise<T>): Promise<T> {
    return this.#run(task, false)
  }

  overlap<T>(task: (running: Overlapping<Trace>) => Promise<T>): Promise<T> {
    return this.#run(task, true)
  }

  async #run<T>(task: (running: Overlapping<Trace>) => Promise<T>, overlaps: boolean): Promise<T> {
    const first = this.#waiting.length === 0
    if (!first || !this.#free(overlaps) || this.#full()) await this.#turn(overlaps)
    this.#beginning = false
    if (this.#latest) this.#count()
    const running = new Running(this.#latest, () => this.#next())
    this.#latest = running
    try {
      return await task(running)
    } finally {
      running.end()
      if (this.#latest === running) this.#latest = running.previous
      this.#endedIn = loopTurn()
      this.#next()
    }
  }

  #free(overlaps: boolean): boolean {
    if (this.#beginning) return false
    return this.#latest === undefined || (overlaps && this.#latest.lets)
  }

  #turn(overlaps: boolean): Promise<void> {
    return new Promise((begin) => {
      this.#waiting.push({ overlaps, begin })
      this.#next()
    })
  }

  /** No further one may begin in this turn of the loop. */
  #full(): boolean {
    const turn = loopTurn()
    return this.#endedIn === turn || (this.#besideIn === turn && this.#beside >= MAX_IN_A_TURN)
  }

  #count(): void {
    const turn = loopTurn()
    if (this.#besideIn !== turn) this.#beside = 0
    this.#besideIn = turn
    this.#beside += 1
  }

  #next(): void {
    const next = this.#waiting[0]
    if (!next || !this.#free(next.overlaps)) return
    this.#waiting.shift()
    this.#beginning = true
    if (this.#latest && !this.#full()) next.begin()
    else setImmediate(next.begin)
  }
}

class Running<Trace> implements Overlapping<Trace> {
  lets = false
  trace: Trace | undefined
  #previous: Running<Trace> | undefined
  /** The one that began after it, ended or not. */
  #next: Running<Trace> | undefined
  ended = false
  /** Who waits for its end, and who for its end or its leave. */
  readonly #awaited: (() => void)[] = []
  readonly #following: (() => void)[] = []
  readonly #onLet: () => void

  constructor(previous: Running<Trace> | undefined, onLet: () => void) {
    this.#previous = previous
    if (previous) previous.#next = this
    this.#onLet = onLet
  }

  /** The last task before this one that has not ended. Links to ended ones are dropped, so that they can be collected. */
  get previous(): Running<Trace> | undefined {
    while (this.#previous?.ended) this.#previous = this.#previous.previous
    return this.#previous
  }

  get first(): boolean {
    return this.previous === undefined
  }

  get before(): Trace | undefined {
    return this.previous?.trace
  }

  letNext(trace: Trace): void {
    if (this.lets || this.ended) return
    this.lets = true
    this.trace = trace
    this.#onLet()
    wake(this.#following.splice(0))
  }

  takeBack(): void {
    for (let one: Running<Trace> | undefined = this; one; one = one.#next) {
      one.lets = false
      one.trace = undefined
    }
  }

  async untilLet(): Promise<void> {
    const { previous } = this
    if (previous && !previous.lets) await new Promise<void>((resolve) => previous.#following.push(resolve))
  }

  async alone(): Promise<void> {
    for (let one = this.previous; one; one = this.previous) await one.#ending()
  }

  end(): void {
    this.ended = true
    this.#previous = this.previous
    wake(this.#awaited.splice(0))
    wake(this.#following.splice(0))
  }

  #ending(): Promise<void> {
    return new Promise((resolve) => this.#awaited.push(resolve))
  }
}

function wake(waiting: readonly (() => void)[]): void {
  for (const goOn of waiting) goOn()
}
