/** Merges and upgrades that this node has finished lately: a fail-over may have undone them, in whole or in half. */
import type { Claims } from "../domain/user.ts"
import type { Millis, UserId } from "../protocol/branded.ts"
import type { MergeUsers } from "./merge-request.ts"

interface Finished {
  readonly at: Millis
}

export interface RecentMerge extends MergeUsers, Finished {}

/** A visitor who became a person by signing in, and what their token claimed. */
export interface RecentUpgrade extends Finished {
  readonly userId: UserId
  readonly claims: Claims
}

/** How long they are remembered: longer than any replica lags behind. */
const KEPT_MS = 600_000
const MAX_KEPT = 2_000

export class RecentChanges<Change extends Finished> {
  /** By the changed user, in the order in which they were finished. */
  readonly #changes = new Map<UserId, Change>()

  add(userId: UserId, change: Change): void {
    this.#changes.delete(userId)
    this.#changes.set(userId, change)
    for (const [id, { at }] of this.#changes) {
      if (this.#changes.size <= MAX_KEPT && at > change.at - KEPT_MS) return
      this.#changes.delete(id)
    }
  }

  since(now: Millis): Change[] {
    return [...this.#changes.values()].filter(({ at }) => at > now - KEPT_MS)
  }
}
