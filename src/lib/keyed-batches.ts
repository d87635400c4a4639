/**
 * Work in batches, by key. While a batch of a key runs, further items for that key are collected, and they are the next
 * batch. Different keys do not wait for each other.
 */

/**
 * Does a batch. Resolves with one promise for each item, in their order; the next batch begins then, even if some of
 * these promises are still pending.
 */
type Work<Item, Result> = (
  items: readonly [Item, ...Item[]],
  waited: boolean,
) => Promise<readonly Promise<Result>[]>

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result | Promise<Result>): void
  reject(error: unknown): void
}

export class KeyedBatches<Item, Result> {
  readonly #maxBatch: number
  readonly #waiting = new Map<string, Waiting<Item, Result>[]>()

  /** @param maxBatch items of one batch at most */
  constructor(maxBatch: number) {
    this.#maxBatch = maxBatch
  }

  /** @param work is told whether its items waited for an earlier batch: what their callers read before may be old then */
  run(key: string, item: Item, work: Work<Item, Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const one = { item, resolve, reject }
      const waiting = this.#waiting.get(key)
      if (waiting) {
        waiting.push(one)
        return
      }
      const queue = [one]
      this.#waiting.set(key, queue)
      void this.#turns(key, queue, work)
    })
  }

  async #turns(key: string, queue: Waiting<Item, Result>[], work: Work<Item, Result>): Promise<void> {
    for (let waited = false; ; waited = true) {
      const batch = queue.splice(0, this.#maxBatch)
      const [first, ...others] = batch
      if (!first) break
      try {
        const results = await work([first.item, ...others.map(({ item }) => item)], waited)
        for (const [index, one] of batch.entries()) {
          const result = results[index]
          if (result === undefined) one.reject(new Error("A batch gave fewer results than it had items."))
          else one.resolve(result)
        }
      } catch (error) {
        for (const one of batch) one.reject(error)
      }
    }
    this.#waiting.delete(key)
  }
}
