/**
 * Merging users (docs/architecture.md 4): freeze, import, forward. Three change sets, each idempotent. A
 * node may crash after any of them: the next one that loads the frozen user finishes the merge. Where both users share
 * a partition, import and forward are one commit and no user is ever seen frozen.
 *
 * [P3] A merge conserves: import adds the discarded user's logs to the survivor's histories as segments and touches
 * no message. [P5] Forward leaves a forwarding value at every id that was merged away.
 */
import type { Millis, TicketId, UserId } from "../protocol/branded.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { ConversationMode } from "../protocol/settings.ts"
import {
  type Append,
  type ChangeSet,
  endsWith,
  type HeadPrecondition,
  type Put,
  type RankingChange,
  type Versioned,
} from "./change-set.ts"
import { allSegments, type ConversationState, conversationView } from "./conversation.ts"
import { devicesBrought } from "./device.ts"
import type { UserData } from "./discarded-user.ts"
import type { ConversationOutcome, ImportedLogs, MergePlan, TicketMove, UpdatedConversation } from "./fold.ts"
import { named, put } from "./forward.ts"
import { knownSends } from "./known-sends.ts"
import type { MergeStep } from "./merge-step.ts"
import type { Ranked } from "./ranked.ts"
import type { UserRecord } from "./records.ts"
import { survivingUser } from "./surviving-user.ts"
import { isActive, previousRanking, rankingChanges, ticketEvent, unreadRanking } from "./ticket.ts"
import { userView } from "./user.ts"

/** The user who stays. Of their conversations only the one that others are folded into matters. */
export interface Survivor {
  readonly partition: number
  readonly user: Versioned<"user">
  readonly record: UserRecord
  readonly target: ConversationState | undefined
  /** The survivor's own devices, with when each was last seen. */
  readonly devices: readonly Ranked[]
  /** The record of an earlier import of this discarded user; set where they live in another partition. */
  readonly imported: Versioned<"imported"> | undefined
  /** What an earlier import left of the discarded user's conversations, by their ids. */
  readonly earlier: ReadonlyMap<string, ConversationState>
  /** How far that import brought each of their logs. */
  readonly importedLogs: ImportedLogs
}

/** What a survivor has of an earlier import where there was none. */
export const NO_EARLIER_IMPORT: Pick<Survivor, "earlier" | "importedLogs"> = {
  earlier: new Map(),
  importedLogs: new Map(),
}

export interface MergeCommand {
  readonly mergeId: string
  readonly reason: MergeReason
  readonly mode: ConversationMode
  readonly now: Millis
  /**
   * Whether to expect that the logs of the survivor's conversations still end where they were read, so that events about
   * them are exact. `false` where they are written without a pause: the events may be some messages old, the records are
   * right all the same.
   */
  readonly exact: boolean
  /** Set where this is one step of several. The event of the merge follows with the last conversations. */
  readonly partly?: MergeStep
}

/** Which of the moved tickets bear the badge, and `ticket:update` for the survivor's own that lose it. */
export interface MergeBadges {
  readonly bearsBadge: (ticketId: TicketId) => boolean
  readonly append: readonly Append[]
  /** The heads on which they were decided. */
  readonly heads: readonly HeadPrecondition[]
  readonly expect: NonNullable<ChangeSet["expect"]>
}

/** Step 2. In the survivor's partition: all that the discarded user had, and the events about it. */
export function importInto(
  discarded: UserData,
  survivor: Survivor,
  plan: MergePlan,
  badges: MergeBadges,
  command: MergeCommand,
): ChangeSet {
  const away = discarded.partition !== survivor.partition
  const { known, whole } = knownSends(discarded, survivor.record.id, command.now)
  // No single step sees everything that the user sent, so their id is remembered in `mergedIds`, too.
  const inSteps = command.partly || discarded.record.mergeState?.begun
  const record = survivingUser(
    { survivor: survivor.record, discarded: discarded.record },
    plan,
    command,
    whole && !inSteps,
  )
  const own = plan.updated.filter(({ state }) => state.record.userId === survivor.record.id)
  return {
    known,
    expect: [
      // First: of a record that is expected twice, `combineChangeSets` keeps the last, and that must be the version that
      // was read earlier, on which the merge was decided.
      ...badges.expect,
      survivor.user,
      ...(away && survivor.imported ? [survivor.imported] : []),
      ...own.flatMap(({ state }) => [state.versioned, state.markers]),
    ],
    heads: command.exact
      ? [...own.map(({ state }) => endsWith(state.record.log, state.head)), ...badges.heads]
      : [],
    put: [
      put("user", record.id, record),
      ...(away
        ? [
            put("imported", discarded.record.id, {
              into: record.id,
              mergeId: command.mergeId,
              ...(command.partly && { steps: command.partly.no }),
            }),
            ...plan.outcomes.flatMap((outcome) => aliasOf(outcome, discarded.partition, survivor)),
          ]
        : []),
      ...plan.updated.flatMap((updated) => [
        put("conversation", updated.record.id, updated.record),
        put("markers", updated.record.id, updated.markers),
      ]),
    ],
    append: [
      ...plan.updated.flatMap(({ appends }) => appends),
      ...(command.partly
        ? []
        : mergeEvents(discarded.record, record, plan, command, isRepeated(survivor, command))),
      ...plan.tickets.map(({ after, home, lastActivityAt }) =>
        ticketEvent(after, home, isActive(after) && badges.bearsBadge(after.id), lastActivityAt),
      ),
      ...badges.append,
    ],
    rank: [
      ...plan.updated.map(conversationRanking(record.id, command.exact)),
      ...(command.partly
        ? []
        : [
            ...named(record.id, "aliases", [discarded.record.id, ...discarded.aliases], command.now),
            ...devicesBrought(record.id, discarded.devices, survivor.devices),
          ]),
      ...plan.tickets.flatMap((move) => arriving(record.id, move, away)),
      ...(away
        ? plan.previousTickets.flatMap((one) => previousRanking(record.id, one, one.lastActivityAt))
        : []),
      ...plan.updated.flatMap(unreadOf),
    ],
  }
}

/**
 * A folded conversation from another partition gets a forwarding record here, under its own id. Its segments say what was
 * brought, for the case that the import has to be repeated.
 */
function aliasOf({ state, ends, in: into }: ConversationOutcome, from: number, survivor: Survivor): Put[] {
  if (ends === "moved") return []
  const { id, createdAt, isDefault, log } = state.record
  const forwardedTo = { into, partition: survivor.partition }
  const alias = {
    id,
    userId: survivor.record.id,
    createdAt,
    isDefault,
    log,
    segments: allSegments(state, from),
    forwardedTo,
  }
  return [put("conversation", id, alias)]
}

/** The survivor had imported this user in a merge of which the store has lost the rest. */
const isRepeated = ({ imported }: Survivor, { mergeId }: MergeCommand): boolean =>
  imported?.value !== undefined && imported.value.mergeId !== mergeId

/** The survivor's devices get the messages it brought; agents get the same with the counts of their side. */
function mergeEvents(
  { id: discardedId, mergeState }: UserRecord,
  survivor: UserRecord,
  plan: MergePlan,
  command: MergeCommand,
  again: boolean,
): Append[] {
  const importedSegments = plan.updated.map((updated) => updated.importedSegments)
  const data = (side: "user" | "business") => ({
    reason: command.reason,
    mergedUsers: { surviving: userView(survivor), discarded: { id: discardedId } },
    mergedConversations: [...plan.pairs],
    ...(mergeState?.begun && { more: true as const }),
    conversations: plan.updated.map(({ record, reading, last }) =>
      conversationView(record, reading, side, last[side]),
    ),
  })
  const userId = survivor.id
  const type = "user:merge"
  return [
    {
      to: "feed",
      userId,
      payload: {
        kind: "import",
        event: { type, data: data("user") },
        importedSegments,
        ...(again && { again: true as const }),
      },
    },
    {
      to: "agents",
      payload: {
        kind: "import",
        subject: { userId },
        event: { type, data: { userId, ...data("business") } },
        importedSegments,
      },
    },
  ]
}

const conversationRanking =
  (userId: UserId, exact: boolean) =>
  ({ record, last }: UpdatedConversation): RankingChange => ({
    of: "conversations",
    name: userId,
    member: record.id,
    score: exact ? (last.user?.receivedAt ?? record.createdAt) : "now",
  })

/** Rankings for agents belong to the partition; within the same partition only a changed ticket moves in them. */
function arriving(
  userId: UserId,
  { before, after, lastActivityAt }: TicketMove,
  away: boolean,
): RankingChange[] {
  return rankingChanges(userId, away ? undefined : before, after, lastActivityAt)
}

const unreadOf = ({ record: { ticket }, reading, lastActivityAt }: UpdatedConversation): RankingChange[] =>
  ticket ? [unreadRanking(ticket, reading.business.unread > 0, lastActivityAt)] : []
