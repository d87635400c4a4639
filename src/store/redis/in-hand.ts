/**
 * Decoded forms of entries that this process has committed and will receive again as announcements. When the announcement
 * with the entry's tag arrives, its followers get the decoded form with it. An entry is delivered only when its
 * announcement, or the log itself, brings it.
 */

/** Entries kept: more than are under way at once. An older one was refused, or its announcement was lost. */
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
