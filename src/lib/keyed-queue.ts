/** Tasks under one key run one after another; those under different keys do not wait for each other. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  /**
   * @param task is told whether it had to wait: what was read before may be old then
   * @param after for this the next task waits too, but not the caller
   */
  run<T>(key: string, task: (waited: boolean) => Promise<T>, after?: () => Promise<unknown>): Promise<T> {
    const before = this.#last.get(key)
    const done = before ? before.then(() => task(true)) : task(false)
    const ended = (after ? done.then(after) : done)
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(key) === ended) this.#last.delete(key)
      })
    this.#last.set(key, ended)
    return done
  }
}
