/** The last step of a merge: what it leaves in the discarded user's partition (docs/architecture.md 4). */
import type { Millis, UserId } from "../protocol/branded.ts"
import type { MergeReason } from "../protocol/events.ts"
import { type ChangeSet, combineChangeSets, type Put, type RankingChange } from "./change-set.ts"
import type { ConversationState } from "./conversation.ts"
import { type UserData, unchangedSince } from "./discarded-user.ts"
import type { ConversationOutcome } from "./fold.ts"
import type { MergeStep } from "./merge-step.ts"
import { isActive, previousRanking, rankingChanges } from "./ticket.ts"

interface Target {
  readonly userId: UserId
  readonly partition: number
}

interface Command {
  readonly mergeId: string
  readonly reason: MergeReason
  readonly now: Millis
}

/**
 * Step 3, in the discarded user's partition: every id becomes an alias, and the last entry of the feed says where the user
 * went. Where the survivor lives in another partition, the records are kept as they were: if that one loses the import, it
 * is repeated from here.
 */
export function forward(
  discarded: UserData,
  into: Target,
  outcomes: readonly ConversationOutcome[],
  { mergeId, reason, now }: Command,
): ChangeSet {
  const { id, createdAt, externalId, mergeState: before } = discarded.record
  const away = discarded.partition !== into.partition
  const mergeState = { kind: "merged", into: into.userId, mergeId, reason, at: now } as const
  const bare = { id, createdAt, ...(externalId !== undefined && { externalId }), profile: {}, mergedIds: [] }
  return combineChangeSets(forwardConversations(discarded, into, outcomes, mergeId), {
    put: [put("user", id, { ...(away ? discarded.record : bare), mergeState })],
    append: before?.again
      ? []
      : [{ to: "feed", userId: id, payload: { kind: "moved", into: into.userId, reason } }],
    rank: away
      ? []
      : [
          ...named(
            id,
            "devices",
            discarded.devices.map(({ member }) => member),
            "out",
          ),
          ...named(id, "aliases", discarded.aliases, "out"),
        ],
  })
}

/**
 * Forwards some of the conversations of a frozen user who has too many for one commit. If the merge is called off, the user
 * keeps those that are left.
 */
export function forwardSome(
  discarded: UserData,
  into: Target,
  outcomes: readonly ConversationOutcome[],
  { no, left, upTo }: MergeStep,
): ChangeSet {
  const { record } = discarded
  const { mergeState } = record
  if (!mergeState) throw new Error("A user who is merged in several steps must be frozen.")
  const active = outcomes.filter(
    ({
      state: {
        record: { ticket },
      },
    }) => ticket && isActive(ticket),
  ).length
  const activeTickets = Math.max(0, (record.activeTickets ?? 0) - active)
  const moved = outcomes.some(({ state }) => state.record.id === record.defaultConversation)
  const away = discarded.partition !== into.partition
  return combineChangeSets(forwardConversations(discarded, into, outcomes, mergeState.mergeId), {
    put: [
      put("user", record.id, {
        ...record,
        activeTickets,
        ...(moved && { defaultConversation: left }),
        mergeState: { ...mergeState, begun: true, ...(away && { steps: no, upTo }) },
      }),
    ],
  })
}

function forwardConversations(
  discarded: UserData,
  into: Target,
  outcomes: readonly ConversationOutcome[],
  mergeId: string,
): ChangeSet {
  const { id } = discarded.record
  const away = discarded.partition !== into.partition
  const left = outcomes.filter(({ ends }) => away || ends === "folded")
  return {
    ...unchangedSince(
      discarded.user,
      outcomes.map(({ state }) => state),
    ),
    put: left.map(({ state, in: survivor }) => {
      const { ticket: _, previousTickets: __, form: ___, ...rest } = state.record
      const forwardedTo = { into: away ? rest.id : survivor, partition: into.partition }
      if (away)
        return put("conversation", rest.id, { ...state.record, forwardedTo: { ...forwardedTo, by: mergeId } })
      return put("conversation", rest.id, { ...rest, segments: [], forwardedTo })
    }),
    remove: away ? [] : left.map(({ state }) => ({ kind: "markers", id: state.record.id })),
    rank: [
      ...(away
        ? []
        : named(
            id,
            "conversations",
            outcomes.map(({ state }) => state.record.id),
            "out",
          )),
      ...outcomes.flatMap(({ state }) => leaving(id, state, away)),
    ],
  }
}

export function named(
  userId: UserId,
  of: RankingChange["of"],
  members: readonly string[],
  score: RankingChange["score"],
): RankingChange[] {
  return members.map((member) => ({ of, name: userId, member, score }))
}

function leaving(
  userId: UserId,
  { record, lastActivityAt }: ConversationState,
  away: boolean,
): RankingChange[] {
  const { ticket, previousTickets = [] } = record
  if (!ticket) return []
  const changes = rankingChanges(userId, ticket, undefined, lastActivityAt)
  return [
    ...(away ? previousTickets.flatMap((one) => previousRanking(userId, one, "out")) : []),
    ...changes.filter(({ of }) => away || of === "active"),
    { of: "badged", name: userId, member: ticket.id, score: "out" },
  ]
}

export const put = <K extends Put["kind"]>(
  kind: K,
  id: string,
  value: Extract<Put, { kind: K }>["value"],
): Put =>
  // One kind, one value type: the union cannot be rebuilt from a generic without saying so.
  ({ kind, id, value }) as Put
