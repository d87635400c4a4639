/** Chance that can be repeated: the same seed tells the same story. */
export interface Chance {
  /** 0 ≤ n < below */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
}

export function seeded(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    pick(from) {
      const index = below(from.length)
      if (!(index in from)) throw new Error("Nothing to pick from.")
      // The boundary: the index is one of the list's.
      return from[index] as (typeof from)[number]
    },
  }
}

export const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

/** Runs `work` over all items, at most `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, nth: number) => Promise<void>,
) {
  const queue = items.entries()
  await Promise.all(
    range(width).map(async () => {
      for (const [nth, item] of queue) await work(item, nth)
    }),
  )
}
