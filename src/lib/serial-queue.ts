/**
 * One after another: each task begins when the one before has ended, however it ended, and after the event loop has
 * turned. Otherwise, with a store whose reads resolve without a turn of their own, one queue would run all its tasks in
 * one turn.
 */
import { loopTurn } from "./loop-turn.ts"

export class SerialQueue {
  readonly #waiting: (() => void)[] = []
  #busy = false
  /** The turn of the loop in which its last task ended. */
  #ended = -1

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#busy || this.#ended === loopTurn()) await this.#turn()
    this.#busy = true
    try {
      return await task()
    } finally {
      this.#ended = loopTurn()
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
