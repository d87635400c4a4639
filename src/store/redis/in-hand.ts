/**
 * What this process has committed and will receive again as announcements: when the announcement with the entry's own
 * tag passes, its followers get what was handed over with it, so that it is not decoded again. The log alone decides:
 * an entry is delivered when, and only if, its announcement or the log itself brings it.
 */

/** Commits on their way; what is older was refused, or its announcement was lost. */
const MAX_ENTRIES = 1_024

export class InHand {
  /** By tag, in the order of the commits. */
  readonly #entries = new Map<string, unknown>()
  readonly #followed: (log: string) => boolean

  /** @param followed whether the log with this key has followers in this process */
  constructor(followed: (log: string) => boolean) {
    this.#followed = followed
  }

  keep(log: string, tag: string, inHand: unknown): void {
    if (!this.#followed(log)) return
    this.#entries.set(tag, inHand)
    if (this.#entries.size <= MAX_ENTRIES) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  take(tag: string): unknown {
    const found = this.#entries.get(tag)
    if (found !== undefined) this.#entries.delete(tag)
    return found
  }
}
