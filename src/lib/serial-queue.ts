/**
 * One after another: each task begins when the one before has ended, however it ended, and after the event loop has
 * turned. Otherwise, with a store whose reads resolve without a turn of their own, one queue would run all its tasks in
 * one turn.
 */
export class SerialQueue {
  readonly #waiting: (() => void)[] = []
  #busy = false
  /** The turn of the loop in which its last task ended. */
  #ended = -1

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#busy || this.#ended === turn) await this.#turn()
    this.#busy = true
    try {
      return await task()
    } finally {
      this.#ended = presentTurn()
      this.#next()
    }
  }

  #turn(): Promise<void> {
    return new Promise((begin) => {
      this.#waiting.push(begin)
      if (!this.#busy) this.#next()
    })
  }

  #next(): void {
    const begin = this.#waiting.shift()
    this.#busy = begin !== undefined
    if (begin) setImmediate(begin)
  }
}

/** Counts the turns of the loop in which a task ended. */
let turn = 0
let counting = false

function presentTurn(): number {
  if (!counting) {
    counting = true
    setImmediate(() => {
      counting = false
      turn += 1
    })
  }
  return turn
}
