/**
 * What entries of logs hold: messages, folds and copies in message logs, events in the feeds of users and agents, and what
 * every node must act on in control logs. How they become bytes is in `repository/`.
 */
import type { BusinessEvent } from "../protocol/agent.ts"
import type { ConversationId, Seconds, TicketId, UserId } from "../protocol/branded.ts"
import type { MergeReason, UserEvent } from "../protocol/events.ts"
import type { Author, Content, MessageSource, Ticket } from "../protocol/model.ts"
import type { Metadata, Segment } from "./records.ts"

/** A message as it is stored: its position, conversation and owner follow from where it lies. */
export interface MessagePayload {
  readonly kind: "message"
  readonly id: string
  readonly localId?: string | undefined
  readonly author: Author
  readonly content: Content
  readonly metadata?: Metadata | undefined
  readonly source: MessageSource
  /** [3.4] Whether the end user who wrote it was signed in at that moment. */
  readonly authenticated: boolean
  /** A note among agents: it is never sent or shown to an end user. */
  readonly internal?: true | undefined
}

/** The entry of a message log at which another log was folded in: that log's entries belong to the history from here on. */
export interface FoldPayload {
  readonly kind: "fold"
  readonly log: string
  readonly partition: number
  /**
   * How far each side had read the whole history up to here. Counting what is unread may stop here, unless the side's
   * marker moved since.
   */
  readonly checkpoint?: Checkpoint | undefined
}

export interface Checkpoint {
  readonly user: CheckedReading
  readonly business: CheckedReading
  /** Logs that may be compacted later: who compacts one needs its own reading, so the checkpoint does not count then. */
  readonly logs: readonly string[]
}

export interface CheckedReading {
  /** The side's marker in this log. */
  readonly marker?: string | undefined
  readonly unread: number
  readonly firstUnread?: string | undefined
  readonly readTo?: string | undefined
}

/**
 * A message that was copied from a compacted log. `log` and `n` say where it came from; its position follows from them. For
 * each side, `read` marks the last message read there and `unread` one that is unread until the side's marker passes it; a
 * copy without either says nothing of how far the side has read.
 */
export interface CopyPayload {
  readonly kind: "copy"
  readonly log: string
  readonly n: number
  readonly message: MessagePayload
  readonly user?: CopyReading | undefined
  readonly business?: CopyReading | undefined
}
export type CopyReading = "read" | "unread"

export type LogPayload = MessagePayload | FoldPayload | CopyPayload

/** What was folded or moved, so that the event can show the messages it brought. */
export interface ImportedSegments {
  readonly conversationId: ConversationId
  readonly segments: readonly Segment[]
}

/** An entry of a user's feed as stored. `message` points to the entry of the message log. */
export type FeedPayload =
  | { readonly kind: "message" }
  | { readonly kind: "event"; readonly event: UserEvent }
  | ImportEvent<Extract<UserEvent, { type: ImportEventType }>>
  | { readonly kind: "moved"; readonly into: UserId; readonly reason: MergeReason }
  /** The visitor logged out: sockets of this session are parked. */
  | { readonly kind: "ended" }

/** Events that show messages which lie in logs that were folded or moved. */
export type ImportEventType = "user:merge" | "conversation:merge"

export interface ImportEvent<Event> {
  readonly kind: "import"
  readonly event: Event
  readonly importedSegments: readonly ImportedSegments[]
  /** It was imported before, and the other half was lost: messages that were told then may be gone [P2]. */
  readonly again?: true
}

/** Whom an entry of the agents' feed is about, for scopes and for `data`. */
export interface EventSubject {
  readonly userId: UserId
  readonly conversationId?: ConversationId | undefined
  readonly ticketId?: TicketId | undefined
  readonly assigneeId?: string | undefined
}

/** An entry of the agents' feed of a partition. `message` points to the entry of the message log. */
export type AgentPayload =
  | { readonly kind: "message"; readonly subject: EventSubject }
  /** `active`: the ticket's last activity is the message that the entry points to. */
  | {
      readonly kind: "ticket"
      readonly type: "ticket:create" | "ticket:update"
      readonly subject: EventSubject
      readonly ticket: Ticket
      readonly active: boolean
    }
  | { readonly kind: "event"; readonly subject: EventSubject; readonly event: BusinessEvent }
  | ({ readonly subject: EventSubject } & ImportEvent<Extract<BusinessEvent, { type: ImportEventType }>>)

/** An entry of a partition's control log: what every node must do to its sockets. Never shown to clients. */
export type ControlPayload =
  | { readonly kind: "app" }
  | {
      readonly kind: "logout"
      readonly userId: UserId
      readonly deviceId: string
      readonly no: number
      readonly by: string
    }
  | { readonly kind: "revoked"; readonly userId: UserId; readonly tokensAfter: Seconds; readonly by: string }
