/** Counts of latencies in buckets of 2 % width, so that percentiles of several processes and seconds can be joined. */

const PER_OCTAVE = 32
const OCTAVES = 28

/** Bucket and count, for those that are not empty. */
export type Counts = readonly (readonly [number, number])[]

/** The middle of a bucket. */
const msOf = (bucket: number): number => 2 ** ((bucket + 0.5) / PER_OCTAVE) / 1000

export class Histogram {
  readonly #buckets = new Uint32Array(PER_OCTAVE * OCTAVES)
  #count = 0

  static joined(all: readonly Counts[]): Histogram {
    const histogram = new Histogram()
    for (const counts of all)
      for (const [bucket, count] of counts) {
        histogram.#buckets[bucket] = (histogram.#buckets[bucket] ?? 0) + count
        histogram.#count += count
      }
    return histogram
  }

  get count(): number {
    return this.#count
  }

  record(ms: number): void {
    const micros = Math.max(1, ms * 1000)
    const bucket = Math.min(this.#buckets.length - 1, Math.floor(Math.log2(micros) * PER_OCTAVE))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#count += 1
  }

  /** In milliseconds; the middle of the bucket. Of nothing it is 0. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count))
    let passed = 0
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      passed += this.#buckets[bucket] ?? 0
      if (passed >= wanted) return msOf(bucket)
    }
    return 0
  }

  /** How many took longer, as exactly as a bucket is wide. */
  above(ms: number): number {
    return this.counts().reduce((all, [bucket, count]) => (msOf(bucket) > ms ? all + count : all), 0)
  }

  counts(): Counts {
    const counts: (readonly [number, number])[] = []
    this.#buckets.forEach((count, bucket) => {
      if (count > 0) counts.push([bucket, count])
    })
    return counts
  }

  clear(): void {
    this.#buckets.fill(0)
    this.#count = 0
  }
}
