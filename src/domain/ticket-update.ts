/** An agent changes a ticket: the records and the events for user and agents (docs/protocol.md 5, 6). */
import type { Millis } from "../protocol/branded.ts"
import type { RankingMove } from "./badge.ts"
import { type Append, type ChangeSet, endsWith, type Versioned } from "./change-set.ts"
import { type ConversationState, conversationView } from "./conversation.ts"
import { userEvent } from "./event-entries.ts"
import type { ConversationRecord, TicketRecord, UserRecord } from "./records.ts"
import {
  activeMember,
  conversationStatus,
  isActive,
  rankingChanges,
  ticketEvent,
  unreadRanking,
  withChangedTicket,
} from "./ticket.ts"

export interface TicketUpdate {
  readonly before: TicketRecord
  readonly after: TicketRecord
  /** The conversation with the changed ticket. */
  readonly conversation: ConversationRecord
  /** When a user or an agent last wrote; changing a ticket is no activity. */
  readonly lastActivityAt: Millis
  readonly move: RankingMove
  /** Change of the number of the user's active tickets: -1, 0 or 1. */
  readonly more: number
}

/**
 * @param leftAt for a previous ticket: when it was active last
 * @throws HubError `conflict` for a previous ticket that would be active beside the current one
 */
export function updatedTicket(
  state: ConversationState,
  before: TicketRecord,
  after: TicketRecord,
  leftAt: number | undefined,
): TicketUpdate {
  const { record, lastActivityAt: ofConversation } = state
  const conversation = { ...record, ...withChangedTicket(record, after, ofConversation, leftAt) }
  const present = conversation.ticket?.id === after.id
  const lastActivityAt = present ? ofConversation : (leftAt ?? ofConversation)
  return {
    before,
    after,
    conversation,
    lastActivityAt,
    move: {
      leaves: isActive(before) ? activeMember(before) : undefined,
      enters: isActive(after) ? { member: activeMember(after), score: lastActivityAt } : undefined,
    },
    more: Number(isActive(after)) - Number(isActive(before)),
  }
}

/**
 * @param bearsBadge whether the ticket does afterwards
 * @param exact whether to expect that the conversation's log still ends where it was read
 */
export function ticketUpdateChangeSet(
  owner: { readonly versioned: Versioned<"user">; readonly record: UserRecord },
  state: ConversationState,
  update: TicketUpdate,
  bearsBadge: boolean,
  exact: boolean,
): ChangeSet {
  const { before, after, conversation, lastActivityAt, more } = update
  const user: UserRecord = { ...owner.record, activeTickets: (owner.record.activeTickets ?? 0) + more }
  return {
    expect: [owner.versioned, state.versioned],
    heads: exact ? [endsWith(conversation.log, state.head)] : [],
    put: [
      { kind: "conversation", id: conversation.id, value: conversation },
      ...(more !== 0 ? [{ kind: "user", id: user.id, value: user } as const] : []),
    ],
    append: [
      ticketEvent(after, conversation, bearsBadge, lastActivityAt),
      ...statusEvents(state, conversation),
    ],
    rank: [
      ...rankingChanges(conversation.userId, before, after, lastActivityAt),
      // Opened again: what was unread when it was solved is still unread.
      ...(more > 0 ? [unreadRanking(after, state.reading.business.unread > 0, lastActivityAt)] : []),
    ],
  }
}

/** The user's devices get an event only where their view of the conversation changes. */
function statusEvents({ record, reading, last }: ConversationState, after: ConversationRecord): Append[] {
  if (conversationStatus(record.ticket) === conversationStatus(after.ticket)) return []
  const data = { conversation: conversationView(after, reading, "user", last.user) }
  return [userEvent(record.userId, { type: "conversation:update", data })]
}
