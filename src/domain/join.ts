/** Two conversations of one user become one: the same fold as in single mode (docs/protocol.md 6). */
import type { ConversationId, Millis } from "../protocol/branded.ts"
import { type ChangeSet, endsWith, type Versioned } from "./change-set.ts"
import { type ConversationState, conversationView } from "./conversation.ts"
import { idsOf, subjectOf } from "./event-entries.ts"
import { foldInto, type UpdatedConversation, unchanged } from "./fold.ts"
import type { TicketRecord, UserRecord } from "./records.ts"
import { isActive, rankingChanges, ticketEvent, unreadRanking } from "./ticket.ts"

export interface JoinedConversations {
  /** The one that stays. */
  readonly into: ConversationState
  /** The one that is folded in. */
  readonly from: ConversationState
}

export interface Joining extends JoinedConversations {
  readonly joined: UpdatedConversation
  /** What happens to the ticket of the conversation that is folded in. */
  readonly move: JoinedTicket | undefined
}

export interface JoinedTicket {
  readonly before: TicketRecord
  readonly after: TicketRecord
  /** The ticket was active and is closed now. */
  readonly closed: boolean
}

/** @param partition of both conversations */
export function planJoin(both: JoinedConversations, partition: number, now: Millis): Joining {
  const joined = joinedInto(both, partition, now)
  return { ...both, joined, move: moveOf(both.from, joined) }
}

/** The user's first conversation stays their default one, whichever of the two it was. */
function joinedInto(
  { into, from }: JoinedConversations,
  partition: number,
  now: Millis,
): UpdatedConversation {
  const joined = foldInto(unchanged(into), from, partition, now)
  const isDefault = into.record.isDefault || from.record.isDefault
  return { ...joined, record: { ...joined.record, isDefault } }
}

function moveOf({ record }: ConversationState, joined: UpdatedConversation): JoinedTicket | undefined {
  const before = record.ticket
  if (!before) return undefined
  const { ticket, previousTickets = [] } = joined.record
  const after = ticket?.id === before.id ? ticket : previousTickets.find(({ id }) => id === before.id)
  return after && { before, after, closed: isActive(before) && !isActive(after) }
}

/**
 * @param exact whether to expect that the log of the conversation that stays still ends where it was read
 * @param bearsBadge whether the ticket that moves does afterwards
 */
export function joinChangeSet(
  owner: { readonly versioned: Versioned<"user">; readonly record: UserRecord },
  { into, from, joined, move }: Joining,
  partition: number,
  bearsBadge: boolean,
  exact: boolean,
): ChangeSet {
  const userId = owner.record.id
  const { record } = joined
  const { ticket: _, previousTickets: __, form: ___, ...left } = from.record
  const pairs = [{ surviving: record.id, discarded: from.record.id }]
  const dataFor = (side: "user" | "business") => ({
    mergedConversations: pairs,
    conversations: [conversationView(record, joined.reading, side, joined.last[side])],
  })
  const importedSegments = [joined.importedSegments]
  const type = "conversation:merge"
  const subject = subjectOf(record, record.ticket)
  return {
    expect: [owner.versioned, into.versioned, into.markers, from.versioned, from.markers],
    // The log that is folded in must end where it was read; the one that stays may be written meanwhile.
    heads: (exact ? [into, from] : [from]).map(({ record, head }) => endsWith(record.log, head)),
    put: [
      { kind: "user", id: userId, value: ownerAfter(owner.record, record.id, from.record.id, move) },
      { kind: "conversation", id: record.id, value: record },
      { kind: "markers", id: record.id, value: joined.markers },
      {
        kind: "conversation",
        id: left.id,
        value: {
          ...left,
          segments: [],
          forwardedTo: { into: record.id, partition },
        },
      },
    ],
    remove: [{ kind: "markers", id: left.id }],
    append: [
      ...joined.appends,
      {
        to: "feed",
        userId,
        payload: { kind: "import", event: { type, data: dataFor("user") }, importedSegments },
      },
      {
        to: "agents",
        payload: {
          kind: "import",
          subject,
          event: { type, data: { ...idsOf(subject), ...dataFor("business") } },
          importedSegments,
        },
      },
      ...(move ? [ticketEvent(move.after, record, bearsBadge, from.lastActivityAt)] : []),
    ],
    rank: [
      { of: "conversations", name: userId, member: left.id, score: "out" },
      {
        of: "conversations",
        name: userId,
        member: record.id,
        score: joined.last.user?.receivedAt ?? record.createdAt,
      },
      ...(move ? rankingChanges(userId, move.before, move.after, from.lastActivityAt) : []),
      ...(record.ticket
        ? [unreadRanking(record.ticket, joined.reading.business.unread > 0, joined.lastActivityAt)]
        : []),
    ],
  }
}

function ownerAfter(
  user: UserRecord,
  surviving: ConversationId,
  discarded: ConversationId,
  move: JoinedTicket | undefined,
): UserRecord {
  return {
    ...user,
    ...(user.defaultConversation === discarded && { defaultConversation: surviving }),
    ...(move?.closed && { activeTickets: (user.activeTickets ?? 1) - 1 }),
  }
}
