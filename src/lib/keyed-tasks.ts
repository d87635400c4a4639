/**
 * Background work, by key. A task that is asked for while it runs is run once more afterwards, however often it was
 * asked for.
 */
export class KeyedTasks {
  readonly #running = new Map<string, { again: boolean; readonly done: Promise<void> }>()

  /** @param task never rejects */
  run(key: string, task: () => Promise<void>): void {
    const running = this.#running.get(key)
    if (running) {
      running.again = true
      return
    }
    this.#running.set(key, { again: false, done: this.#loop(key, task) })
  }

  /** Resolves when nothing is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  async #loop(key: string, task: () => Promise<void>): Promise<void> {
    // Later, so that `run` has put this task into the table before the loop looks it up there.
    await undefined
    for (;;) {
      const running = this.#running.get(key)
      if (running) running.again = false
      await task()
      if (!running?.again) break
    }
    this.#running.delete(key)
  }
}
