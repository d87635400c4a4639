/**
 * Chapter 2: the rules. Everything in this folder is pure: state and time come in, a set of changes or a
 * refusal goes out. This file lists every record that the hub stores; a merge goes through exactly this list. What
 * the entries of its logs hold is in `log-payloads.ts`.
 * A user and everything they own live in one partition. An id names the partition where its record was created; if the
 * record moved, a forwarding record there says where it is.
 */

import type { KeyRole } from "../protocol/admin-calls.ts"
import type { ConversationId, ExternalId, Millis, Seconds, TicketId, UserId } from "../protocol/branded.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { Profile, TicketStatus } from "../protocol/model.ts"
import type { AppSettings } from "../protocol/settings.ts"
import type { Address } from "./position.ts"
import type { Ranked } from "./ranked.ts"

export type Metadata = Record<string, string | number | boolean>

/**
 * On the discarded user: a merge that has begun (`merging`) or is over (`merged`), into which user, and the merge's own
 * id.
 */
export interface MergeState {
  readonly kind: "merging" | "merged"
  readonly into: UserId
  readonly mergeId: string
  readonly reason: MergeReason
  readonly at: number
  /** The merge was over once, and the survivor's partition lost the import: it is repeated. */
  readonly again?: true | undefined
  /** Some of their conversations were moved already: they are too many for one commit. */
  readonly begun?: true | undefined
  /**
   * For a merge in steps to another partition: how many are done, and whether they are repeated because that partition
   * lost some.
   */
  readonly steps?: number | undefined
  readonly upTo?: Ranked | undefined
  readonly restarted?: true | undefined
}

/**
 * With `creations` only the user's `conversation:create` has to be looked up under this id: the sends are known under
 * the survivor's.
 */
export type MergedId = readonly [userId: UserId, at: number, of?: "creations"]

export interface UserRecord {
  readonly id: UserId
  readonly createdAt: Millis
  readonly externalId?: ExternalId | undefined
  readonly profile: Profile
  readonly metadata?: Metadata | undefined
  /** The conversation a message goes to when it names none and there is no later one. */
  readonly defaultConversation?: ConversationId | undefined
  /** The latest users merged into this one under whose ids a repeated command may still have to be looked up. */
  readonly mergedIds: readonly MergedId[]
  readonly mergeState?: MergeState | undefined
  /** How many of their tickets are neither solved nor closed. */
  readonly activeTickets?: number | undefined
  /** Whole seconds: only tokens issued later sign this user in (logout everywhere). */
  readonly tokensAfter?: Seconds | undefined
  /** When an anonymous user became a known one by signing in. */
  readonly upgradedAt?: number | undefined
  /** Which devices logged out last, oldest first; numbers rise with every logout of the user. */
  readonly logouts?: readonly (readonly [deviceId: string, no: number])[] | undefined
  /** When agents were last told of a change that the user made, and whether there was another one since. */
  readonly profileToldAt?: Millis | undefined
  readonly profileUntold?: true | undefined
  /** The visitor logged out: their session token opens nothing any more. */
  readonly ended?: true | undefined
}

/** One message log that belongs to a conversation's history, up to its `last` entry, after which nothing of it counts. */
export interface Segment {
  readonly log: string
  readonly partition: number
  readonly last: Address
  readonly messages: number
  /** Its entries are copies of what several logs held: see `CopyPayload` in `log-payloads.ts`. */
  readonly copies?: true | undefined
  /** Entries up to this one are in the history already, as copies. */
  readonly after?: Address | undefined
  /** Numbers of entries that are left out: see `held-sends.ts`. */
  readonly leftOut?: readonly number[] | undefined
}

export interface ConversationRecord {
  readonly id: ConversationId
  readonly userId: UserId
  readonly createdAt: Millis
  readonly isDefault: boolean
  readonly metadata?: Metadata | undefined
  /** The log that new messages go to; a conversation that moved to another partition began a new one there. */
  readonly log: string
  readonly segments: readonly Segment[]
  /** Entries of that log which are no messages: they take none of a conversation's room. */
  readonly folds?: number | undefined
  /** Numbers of entries of that log that are left out: see `held-sends.ts`. */
  readonly leftOut?: readonly number[] | undefined
  /** The latest ticket: active, solved or closed. */
  readonly ticket?: TicketRecord | undefined
  /** The latest tickets before that one; still older ones are kept in their `ticket` records. */
  readonly previousTickets?: readonly PreviousTicket[] | undefined
  /** The hub asked for name or email with this form and waits for the answer. */
  readonly form?: string | undefined
  /**
   * Set where the conversation is no longer: it was folded into another, or lives in another partition now. There it has a
   * record under its own id, which forwards further where it was folded. `by`: the merge that took it there.
   */
  readonly forwardedTo?: ForwardedTo | undefined
}

type ForwardedTo = { readonly into: ConversationId; readonly partition: number; readonly by?: string }

/** A ticket as kept in its conversation's record. Whose it is and when it was last active follow from the conversation. */
export interface TicketRecord {
  readonly id: TicketId
  readonly status: TicketStatus
  readonly assigneeId?: string | undefined
  readonly mergedInto?: TicketId | undefined
  readonly createdAt: Millis
  readonly updatedAt: Millis
}

/** The last state of a ticket whose conversation has a newer one. */
export interface PreviousTicket extends TicketRecord {
  readonly lastActivityAt: Millis
}

/** Which conversation a ticket belongs to. In the partition where the ticket was created, wherever the conversation moved. */
export interface TicketPointer {
  readonly conversationId: ConversationId
  /** Set in the conversation's partition: the ticket itself, once the conversation's record has no room for it any more. */
  readonly previous?: PreviousTicket | undefined
}

/** Read markers: per side and per log the position up to which that side has read. */
export interface MarkersRecord {
  readonly user: Readonly<Record<string, string>>
  readonly business: Readonly<Record<string, string>>
}

/** Who holds an external id. In the partition of the id's own hash. */
export interface DirectoryRecord {
  readonly externalId: ExternalId
  readonly userId: UserId
}

/** Which external id holds a verified email. In the partition of the email's own hash. */
export interface EmailRecord {
  readonly email: string
  readonly externalId: ExternalId
  readonly reservedAt: Millis
}

/** In the survivor's partition: what this user owned was imported here by this merge, or so many steps of it. */
export interface ImportedRecord {
  readonly into: UserId
  readonly mergeId: string
  readonly steps?: number | undefined
}

/** An agent who has connected, by the digest of their id. In the app's partition 0. */
export interface AgentRecord {
  readonly id: string
  readonly name?: string | undefined
  readonly lastSeenAt: number
}

/** An app with its settings and signing keys. In the app's partition 0. */
export interface AppRecord {
  readonly id: string
  readonly name?: string | undefined
  readonly settings: AppSettings
  readonly createdAt: Millis
  /** Fixed when the app is made: how many partitions its users are spread over. */
  readonly partitions: number
  readonly keys: readonly KeyRecord[]
  /** Its keys are for any caller; a hub in production does not know it. */
  readonly development?: true | undefined
}

export interface KeyRecord {
  readonly kid: string
  readonly role: KeyRole
  readonly secret: string
  readonly createdAt: Millis
}

export interface Records {
  app: AppRecord
  user: UserRecord
  conversation: ConversationRecord
  markers: MarkersRecord
  directory: DirectoryRecord
  email: EmailRecord
  imported: ImportedRecord
  ticket: TicketPointer
  agent: AgentRecord
}
export type Kind = keyof Records
