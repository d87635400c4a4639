/** Who is to be merged into whom, while it waits for its turn. */
import type { Millis, UserId } from "../protocol/branded.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { ReadSet } from "../repository/read-set.ts"

/** Who goes into whom: named, because the order of two ids would say nothing. */
export interface MergeUsers {
  readonly discardedId: UserId
  readonly survivingId: UserId
  readonly reason: MergeReason
}

export interface MergeRequest extends MergeUsers {
  readonly now: Millis
  readonly reads: ReadSet
}
