/**
 * One after another: each task begins when the one before has ended, however it ended, and after the event loop has
 * turned. Otherwise, with a store whose reads resolve without a turn of their own, one queue would run all its tasks in
 * one turn.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()
  #turned: Promise<void> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last
      .then(() => this.#turned)
      .then(() => {
        this.#turned = new Promise((resolve) => setImmediate(resolve))
        return task()
      })
    this.#last = done.catch(() => undefined)
    return done
  }
}
