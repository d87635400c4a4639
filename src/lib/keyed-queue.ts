/** Tasks under one key run one after another; those under different keys do not wait for each other. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  /** @param task is told whether it had to wait: what was read before may be old then */
  async run<T>(key: string, task: (waited: boolean) => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const done = before ? before.then(() => task(true)) : task(false)
    const ended = done.then(
      () => undefined,
      () => undefined,
    )
    this.#last.set(key, ended)
    try {
      return await done
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key)
    }
  }
}
