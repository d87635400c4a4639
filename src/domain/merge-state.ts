/** The discarded user's record says how far a merge has come: frozen, thawed, frozen again (docs/architecture.md 4). */
import type { ChangeSet, Put, Versioned } from "./change-set.ts"
import type { MergeCommand } from "./merge.ts"
import type { MergeState, UserRecord } from "./records.ts"

const putUser = (value: UserRecord): Put => ({ kind: "user", id: value.id, value })

/** Step 1. From here on every send of the user conflicts, looks again, and finishes the merge first. */
export function freeze(
  user: Versioned<"user">,
  record: UserRecord,
  into: string,
  command: MergeCommand,
): ChangeSet {
  const { mergeId, reason, now } = command
  const mergeState = { kind: "merging", into, mergeId, reason, at: now } as const
  return { expect: [user], put: [putUser({ ...record, mergeState })] }
}

/** Two merges that wait for each other: the one whose user's id comes first in order is called off. */
export function thaw(user: Versioned<"user">, record: UserRecord): ChangeSet {
  return { expect: [user], put: [putUser({ ...record, mergeState: undefined })] }
}

/** The survivor's partition lost the import of a merge that is over: its discarded user is frozen again, as they were. */
export function reopen(
  user: Versioned<"user">,
  record: UserRecord,
  mergeState: MergeState,
  conversations: readonly Versioned<"conversation">[],
): ChangeSet {
  return {
    expect: [user, ...conversations],
    put: [
      putUser({ ...record, mergeState: { ...mergeState, kind: "merging", again: true } }),
      ...conversations.flatMap(({ id, value }) =>
        value ? [{ kind: "conversation", id, value: { ...value, forwardedTo: undefined } } as const] : [],
      ),
    ],
  }
}
