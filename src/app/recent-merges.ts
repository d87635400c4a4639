/** The merges that this node has finished lately: what a fail-over may have undone, a half of one or the whole. */
import type { Millis } from "../protocol/branded.ts"
import type { MergeUsers } from "./merge-request.ts"

export interface RecentMerge extends MergeUsers {
  readonly at: Millis
}

/** No replica lags behind by as much. */
const KEPT_MS = 600_000
const MAX_KEPT = 2_000

export class RecentMerges {
  /** By discarded user, in the order in which they were merged. */
  readonly #merges = new Map<string, RecentMerge>()

  add(merge: RecentMerge): void {
    this.#merges.delete(merge.discardedId)
    this.#merges.set(merge.discardedId, merge)
    for (const [id, { at }] of this.#merges) {
      if (this.#merges.size <= MAX_KEPT && at > merge.at - KEPT_MS) return
      this.#merges.delete(id)
    }
  }

  since(now: Millis): RecentMerge[] {
    return [...this.#merges.values()].filter(({ at }) => at > now - KEPT_MS)
  }
}
