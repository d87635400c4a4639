/** Two conversations of one user become one, by an agent's hand: the same fold as in single mode (docs/protocol.md 6). */
import type { BadgeOutcome } from "../../domain/badge.ts"
import type { ChangeSet } from "../../domain/change-set.ts"
import { type ConversationState, conversationView } from "../../domain/conversation.ts"
import { idsOf, subjectOf } from "../../domain/event.ts"
import { foldInto, type UpdatedConversation, unchanged } from "../../domain/fold.ts"
import type { TicketRecord, UserRecord } from "../../domain/records.ts"
import { activeMember, isActive, rankingChanges, ticketEvent } from "../../domain/ticket.ts"
import type { AgentBody, AgentResult } from "../../protocol/agent.ts"
import { HubError } from "../../protocol/errors.ts"
import { AGAIN, transact } from "../../repository/transact.ts"
import type { App } from "../app.ts"
import { bearsBadge, decideBadges } from "../badges.ts"
import { loadConversationState, showConversation } from "../conversation-lookup.ts"
import { resolveUser, settleConversation } from "../merge-users.ts"
import type { ResolvedUser } from "../user-data.ts"

/** @throws HubError `not_found`; `bad_request` for conversations of two users */
export async function joinConversations(
  app: App,
  { survivingId, discardedId }: AgentBody<"conversation:join">,
  now: number,
): Promise<AgentResult<"conversation:join">> {
  return transact(app, "conversation:join", async (reads) => {
    const surviving = await settleConversation(app, survivingId, reads)
    const discarded = await settleConversation(app, discardedId, reads)
    if (!surviving || !discarded) throw new HubError("not_found", "No such conversation.")
    if (surviving.record.id === discarded.record.id)
      return { answer: { conversation: await showConversation(app, surviving, 0, "business") } }
    if (surviving.record.userId !== discarded.record.userId)
      throw new HubError("bad_request", "discardedId: must be a conversation of the same user.")
    const person = await resolveUser(app, surviving.record.userId, reads)
    if (person?.record.id !== surviving.record.userId) return AGAIN

    const [into, from] = [
      await loadConversationState(app, surviving, reads),
      await loadConversationState(app, discarded, reads),
    ]
    const joined = joinedInto(into, from, surviving.partition.index, now)
    const move = moveOf(from, joined)
    const badges = move && (await marksOf(app, person, move))
    return {
      partition: surviving.partition,
      changeSet: joinChangeSet(person, into, from, joined, move, badges),
      committed: () => ({
        conversation: conversationView(joined.record, joined.reading, "business", joined.last.business),
      }),
    }
  })
}

/** The user's first conversation stays his default one, whichever of the two it was. */
function joinedInto(
  into: ConversationState,
  from: ConversationState,
  partition: number,
  now: number,
): UpdatedConversation {
  const joined = foldInto(unchanged(into), from, partition, now)
  const isDefault = into.record.isDefault || from.record.isDefault
  return { ...joined, record: { ...joined.record, isDefault } }
}

interface Move {
  readonly before: TicketRecord
  readonly after: TicketRecord
  /** The ticket was active and is closed now. */
  readonly closed: boolean
}

function moveOf({ record }: ConversationState, joined: UpdatedConversation): Move | undefined {
  const before = record.ticket
  if (!before) return undefined
  const { ticket, previousTickets = [] } = joined.record
  const after = ticket?.id === before.id ? ticket : previousTickets.find(({ id }) => id === before.id)
  return after && { before, after, closed: isActive(before) && !isActive(after) }
}

/** A ticket that is closed frees its place; one that moves keeps its mark. */
async function marksOf(
  app: App,
  { partition, record }: ResolvedUser,
  { before, after, closed }: Move,
): Promise<BadgeOutcome> {
  if (closed) return decideBadges(app, partition, record, { leaves: activeMember(before) }, -1)
  return {
    own: await bearsBadge(partition, record, after),
    changed: false,
    decisive: false,
    append: [],
    expect: [],
  }
}

function joinChangeSet(
  person: ResolvedUser,
  into: ConversationState,
  from: ConversationState,
  joined: UpdatedConversation,
  move: Move | undefined,
  badges: BadgeOutcome | undefined,
): ChangeSet {
  const userId = person.record.id
  const { record } = joined
  const { ticket: _, previousTickets: __, form: ___, ...left } = from.record
  const pairs = [{ surviving: record.id, discarded: from.record.id }]
  const told = (side: "user" | "business") => ({
    mergedConversations: pairs,
    conversations: [conversationView(record, joined.reading, side, joined.last[side])],
  })
  const importedSegments = [joined.importedSegments]
  const type = "conversation:merge"
  const subject = subjectOf(record, record.ticket)
  return {
    expect: [
      person.versioned,
      into.versioned,
      into.markers,
      from.versioned,
      from.markers,
      ...(badges?.expect ?? []),
    ],
    heads: [into, from].map(({ record: { log }, head }) => ({ log, n: head?.n ?? 0 })),
    put: [
      { kind: "user", id: userId, value: ownerAfter(person.record, record.id, from.record.id, move) },
      { kind: "conversation", id: record.id, value: record },
      { kind: "markers", id: record.id, value: joined.markers },
      {
        kind: "conversation",
        id: left.id,
        value: {
          ...left,
          segments: [],
          aliases: [],
          forwardedTo: { into: record.id, partition: person.partition.index },
        },
      },
    ],
    remove: [{ kind: "markers", id: left.id }],
    append: [
      ...joined.appends,
      {
        to: "feed",
        userId,
        payload: { kind: "import", event: { type, data: told("user") }, importedSegments },
      },
      {
        to: "agents",
        payload: {
          kind: "import",
          subject,
          event: { type, data: { ...idsOf(subject), ...told("business") } },
          importedSegments,
        },
      },
      ...(move ? [ticketEvent(move.after, record, badges?.own ?? false, from.lastActivityAt)] : []),
      ...(badges?.append ?? []),
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
    ],
  }
}

function ownerAfter(
  user: UserRecord,
  surviving: string,
  discarded: string,
  move: Move | undefined,
): UserRecord {
  return {
    ...user,
    ...(user.defaultConversation === discarded && { defaultConversation: surviving }),
    ...(move?.closed && { activeTickets: (user.activeTickets ?? 1) - 1 }),
  }
}
