/** The discarded user's record says how far a merge has come: frozen, thawed, frozen again (docs/architecture.md 4). */
import type { UserId } from "../protocol/branded.ts"
import type { ChangeSet, Put, Versioned } from "./change-set.ts"
import { type UserData, unchangedSince } from "./discarded-user.ts"
import type { MergeCommand } from "./merge.ts"
import type { ConversationRecord, MergeState, UserRecord } from "./records.ts"

const putUser = (value: UserRecord): Put => ({ kind: "user", id: value.id, value })

/**
 * Step 1. From here on every send of the user conflicts, reads the record again, and finishes the merge before it goes
 * on.
 */
export function freeze(
  user: Versioned<"user">,
  record: UserRecord,
  into: UserId,
  command: MergeCommand,
): ChangeSet {
  return { expect: [user], put: [putUser(frozen(record, into, command))] }
}

/** The same, if everything the user owns is still as it was read: then the import can be decided on what was read. */
export const freezeAsRead = (discarded: UserData, into: UserId, command: MergeCommand): ChangeSet => ({
  ...unchangedSince(discarded.user, discarded.conversations),
  put: [putUser(frozen(discarded.record, into, command))],
})

export const frozen = (
  record: UserRecord,
  into: UserId,
  { mergeId, reason, now }: MergeCommand,
): UserRecord => ({ ...record, mergeState: { kind: "merging", into, mergeId, reason, at: now } })

/** Calls a merge off: the user goes on as before. */
export function thaw(user: Versioned<"user">, record: UserRecord): ChangeSet {
  return { expect: [user], put: [putUser({ ...record, mergeState: undefined })] }
}

/**
 * For a finished merge whose import the survivor's partition has lost: the discarded user is frozen again, so that the
 * import is done once more.
 */
export function reopen(user: Versioned<"user">, record: UserRecord, mergeState: MergeState): ChangeSet {
  const { into, mergeId, reason, at } = mergeState
  const again = { kind: "merging", into, mergeId, reason, at, again: true } as const
  return { expect: [user], put: [putUser({ ...record, mergeState: again })] }
}

/** For an unfinished merge in steps, of which that partition has lost some: all steps are done again. */
export function restart(user: Versioned<"user">, record: UserRecord, mergeState: MergeState): ChangeSet {
  const restarted = { ...mergeState, steps: undefined, upTo: undefined, restarted: true } as const
  return { expect: [user], put: [putUser({ ...record, mergeState: restarted })] }
}

/**
 * Whether a merge moves this conversation: the user has it here, or a repeated merge had moved it to another partition
 * before.
 */
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
