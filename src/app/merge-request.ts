/** A merge that was asked for. */
import type { UserData } from "../domain/discarded-user.ts"
import type { MergeStep } from "../domain/merge-step.ts"
import type { Ranked } from "../domain/ranked.ts"
import type { Millis, UserId } from "../protocol/branded.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { LogCache } from "./log-cache.ts"

/** The two users of a merge by name, because an order of two ids would not say which user stays. */
export interface MergeUsers {
  readonly discardedId: UserId
  readonly survivingId: UserId
  readonly reason: MergeReason
}

export interface MergeRequest extends MergeUsers {
  readonly now: Millis
  readonly reads: ReadSet
  /** What was asked for before it was this request's turn. */
  readonly prefetched?: PrefetchedMerge | undefined
  /** The survivor has everything; the discarded user is still to be forwarded. */
  readonly onImported?: (() => void) | undefined
}

/** What one commit of a merge takes along. `step`: there are others, which stay for now. */
export interface Movable {
  readonly userData: UserData
  readonly step: MergeStep | undefined
}

/** It holds for the user's record as it was then; what has changed beside it is found by the commit. */
export interface PrefetchedMovable {
  readonly version: number
  readonly loaded: Promise<Movable>
}

/** What the loading of a target goes on to ask for, asked for before its records were there. */
export interface PrefetchedTarget {
  readonly userId: UserId
  readonly cache: LogCache
  readonly devices: Promise<readonly Ranked[]>
}

/** What the discarded user has, and what the import needs of the survivor. */
export interface PrefetchedMerge {
  readonly movable: PrefetchedMovable
  readonly target: PrefetchedTarget
}
