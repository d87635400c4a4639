/** The discarded user's record says how far a merge has come: frozen, thawed, frozen again (docs/architecture.md 4). */
import type { UserId } from "../protocol/branded.ts"
import type { ChangeSet, Put, Versioned } from "./change-set.ts"
import { type UserData, unchangedSince } from "./discarded-user.ts"
import type { MergeCommand } from "./merge.ts"
import type { ConversationRecord, MergeState, UserRecord } from "./records.ts"

const putUser = (value: UserRecord): Put => ({ kind: "user", id: value.id, value })

/** Step 1. From here on every send of the user conflicts, looks again, and finishes the merge first. */
export function freeze(
  user: Versioned<"user">,
  record: UserRecord,
  into: UserId,
  command: MergeCommand,
): ChangeSet {
  return { expect: [user], put: [putUser(frozen(record, into, command))] }
}

/** The same where everything they own is still as it was read: so the import can be decided on what was read. */
export const freezeAsRead = (discarded: UserData, into: UserId, command: MergeCommand): ChangeSet => ({
  ...unchangedSince(discarded.user, discarded.conversations),
  put: [putUser(frozen(discarded.record, into, command))],
})

export const frozen = (
  record: UserRecord,
  into: UserId,
  { mergeId, reason, now }: MergeCommand,
): UserRecord => ({ ...record, mergeState: { kind: "merging", into, mergeId, reason, at: now } })

/** Two merges that wait for each other: the one whose user's id comes first in order is called off. */
export function thaw(user: Versioned<"user">, record: UserRecord): ChangeSet {
  return { expect: [user], put: [putUser({ ...record, mergeState: undefined })] }
}

/**
 * The survivor's partition lost the import of a merge that is over: its discarded user is frozen again, and what went there
 * goes there again.
 */
export function reopen(user: Versioned<"user">, record: UserRecord, mergeState: MergeState): ChangeSet {
  const { into, mergeId, reason, at } = mergeState
  const again = { kind: "merging", into, mergeId, reason, at, again: true } as const
  return { expect: [user], put: [putUser({ ...record, mergeState: again })] }
}

/** It lost steps of a merge that is not over: all are done again. */
export function restart(user: Versioned<"user">, record: UserRecord, mergeState: MergeState): ChangeSet {
  const restarted = { ...mergeState, steps: undefined, upTo: undefined, restarted: true } as const
  return { expect: [user], put: [putUser({ ...record, mergeState: restarted })] }
}

/** What a merge takes along: what is there, and where it is done again what it took to another partition before. */
export function isMovable(
  { id, mergeState }: UserRecord,
  { userId, forwardedTo }: ConversationRecord,
  partition: number,
): boolean {
  if (userId !== id) return false
  if (!forwardedTo) return true
  const repeated = mergeState?.kind === "merging" && (mergeState.again || mergeState.restarted)
  return (
    repeated === true &&
    forwardedTo.partition !== partition &&
    (forwardedTo.by ?? mergeState?.mergeId) === mergeState?.mergeId
  )
}
