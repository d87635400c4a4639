/**
 * Under one key things are done one turn after another, and whatever came while one turn lasted is done together in the
 * next; those under different keys do not wait for each other.
 */

/** Answers in the order of the items, of which some may come later than the turn ends. */
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
  readonly #most: number
  readonly #waiting = new Map<string, Waiting<Item, Result>[]>()

  /** @param most so many are done together at most */
  constructor(most: number) {
    this.#most = most
  }

  /** @param work is told whether its items had to wait: what was read before may be old then */
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
      const batch = queue.splice(0, this.#most)
      const [first, ...others] = batch
      if (!first) break
      try {
        const results = await work([first.item, ...others.map(({ item }) => item)], waited)
        for (const [index, one] of batch.entries()) {
          const result = results[index]
          if (result === undefined) one.reject(new Error("Done together, and forgotten."))
          else one.resolve(result)
        }
      } catch (error) {
        for (const one of batch) one.reject(error)
      }
    }
    this.#waiting.delete(key)
  }
}
