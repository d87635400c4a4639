/** What a merge walks. */
import type { Versioned } from "./change-set.ts"
import type { ConversationState } from "./conversation.ts"
import type { SeenAt } from "./device.ts"
import type { UserRecord } from "./records.ts"

/** A user with everything they own: the inventory that a merge walks. */
export interface UserData {
  readonly partition: number
  readonly user: Versioned<"user">
  readonly record: UserRecord
  readonly conversations: readonly ConversationState[]
  readonly aliases: readonly string[]
  readonly devices: readonly SeenAt[]
}
