/** What a merge reads of the user who goes away. */
import { type ChangeSet, endsWith, type Versioned } from "./change-set.ts"
import type { ConversationState } from "./conversation.ts"
import type { Ranked } from "./ranked.ts"
import type { UserRecord } from "./records.ts"

/** A user with everything they own; in a merge in steps, with the conversations of one step. */
export interface UserData {
  readonly partition: number
  readonly user: Versioned<"user">
  readonly record: UserRecord
  readonly conversations: readonly ConversationState[]
  readonly aliases: readonly string[]
  readonly devices: readonly Ranked[]
  /** Sends that the survivor has an answer to already, by `idName` (`held-sends.ts`). */
  readonly answeredSends?: ReadonlySet<string> | undefined
}

/** The preconditions that neither the user nor these conversations have changed since they were read. */
export const unchangedSince = (
  user: Versioned<"user">,
  conversations: readonly ConversationState[],
): Required<Pick<ChangeSet, "expect" | "heads">> => ({
  expect: [user, ...conversations.flatMap(({ versioned, markers }) => [versioned, markers])],
  heads: conversations.map(({ record, head }) => endsWith(record.log, head)),
})
