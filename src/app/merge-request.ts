/** A merge that was asked for. */
import type { Millis, UserId } from "../protocol/branded.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { ReadSet } from "../repository/read-set.ts"

/** The two users of a merge by name, because an order of two ids would not say which user stays. */
export interface MergeUsers {
  readonly discardedId: UserId
  readonly survivingId: UserId
  readonly reason: MergeReason
}

export interface MergeRequest extends MergeUsers {
  readonly now: Millis
  readonly reads: ReadSet
}
