/**
 * Merging people (DESIGN 4): freeze, import, forward. Three change sets, each idempotent; any may be the last thing a
 * node does, and whoever meets a frozen user goes on from there. Where both users share a partition, import and
 * forward fall together into one commit and nobody is ever seen frozen.
 *
 * [P3] A merge conserves: import adds the discarded user's logs to the survivor's histories as segments and touches
 * no message. [P5] Forward leaves a forwarding value at every id that was merged away.
 */
import type { MergeReason } from "../protocol/events.ts"
import type { ConversationMode } from "../protocol/settings.ts"
import type { Append, ChangeSet, HeadPrecondition, Put, RankingChange, Versioned } from "./change-set.ts"
import type { Outcome, Plan, TicketMove, Touched } from "./folding.ts"
import { mergedMetadata, mergedProfile, userView, withRecent } from "./person.ts"
import type { UserRecord } from "./records.ts"
import { conversationView, type Story } from "./story.ts"
import { isActive, ranked, tellTicket } from "./ticket.ts"

/** A user with everything he owns: the inventory that a merge walks. */
export interface Estate {
  readonly partition: number
  readonly user: Versioned<"user">
  readonly record: UserRecord
  readonly stories: readonly Story[]
  readonly aliases: readonly string[]
  readonly devices: readonly string[]
}

/** The user who stays. Of his conversations only the one that others would be folded into matters. */
export interface Survivor {
  readonly partition: number
  readonly user: Versioned<"user">
  readonly record: UserRecord
  readonly target: Story | undefined
}

export interface MergeOrder {
  readonly mergeId: string
  readonly reason: MergeReason
  readonly mode: ConversationMode
  readonly now: number
}

/** Which of the moved tickets bear the mark, and what agents are told of the survivor's own that lose it. */
export interface MergeMarks {
  readonly marked: (ticketId: string) => boolean
  readonly append: readonly Append[]
  /** What they were decided on holds as long as these do. */
  readonly heads: readonly HeadPrecondition[]
  readonly expect: NonNullable<ChangeSet["expect"]>
}

/** Step 1. From here on every send of the user conflicts, looks again, and finishes the merge first. */
export function freeze(
  user: Versioned<"user">,
  record: UserRecord,
  into: string,
  order: MergeOrder,
): ChangeSet {
  const { mergeId, reason, now } = order
  const fate = { kind: "merging", into, mergeId, reason, at: now } as const
  return { expect: [user], put: [put("user", record.id, { ...record, fate })] }
}

/** Two merges that wait for each other: the one whose user's id comes first in order is called off. */
export function thaw(user: Versioned<"user">, record: UserRecord): ChangeSet {
  return { expect: [user], put: [put("user", record.id, { ...record, fate: undefined })] }
}

/** Step 2. In the survivor's partition: all that the discarded user had, and the events that tell of it. */
export function importInto(
  discarded: Estate,
  survivor: Survivor,
  course: Plan,
  marks: MergeMarks,
  order: MergeOrder,
): ChangeSet {
  const away = discarded.partition !== survivor.partition
  const record = survivingUser(discarded.record, survivor.record, course, order.now)
  const own = course.touched.filter(({ story }) => story.record.userId === survivor.record.id)
  return {
    expect: [
      // First: of a conversation that was read twice the earlier reading counts, and it stands below.
      ...marks.expect,
      survivor.user,
      ...(away ? [{ kind: "imported", id: discarded.record.id, version: 0 } as const] : []),
      ...own.flatMap(({ story }) => [story.versioned, story.markers]),
    ],
    heads: [...own.map(({ story }) => ({ log: story.record.log, n: story.head?.n ?? 0 })), ...marks.heads],
    put: [
      put("user", record.id, record),
      ...(away
        ? [
            put("imported", discarded.record.id, {
              into: record.id,
              mergeId: order.mergeId,
              folded: course.pairs,
            }),
          ]
        : []),
      ...course.touched.flatMap((touched) => [
        put("conversation", touched.record.id, touched.record),
        put("markers", touched.record.id, touched.markers),
      ]),
    ],
    append: [
      ...course.touched.flatMap(({ appends }) => appends),
      ...tellMerge(discarded.record.id, record, course, order),
      ...course.tickets.map(({ after, home, lastActivityAt }) =>
        tellTicket(after, home, isActive(after) && marks.marked(after.id), lastActivityAt),
      ),
      ...marks.append,
    ],
    rank: [
      ...course.touched.map(conversationPlace(record.id)),
      ...named(record.id, "aliases", [discarded.record.id, ...discarded.aliases], order.now),
      ...named(record.id, "devices", discarded.devices, order.now),
      ...course.tickets.flatMap((move) => arriving(record.id, move, away)),
    ],
  }
}

/** His devices see the messages it brought; agents see the same with their own counts. */
function tellMerge(discardedId: string, survivor: UserRecord, course: Plan, order: MergeOrder): Append[] {
  const brought = course.touched.map((touched) => touched.brought)
  const data = (side: "user" | "business") => ({
    reason: order.reason,
    mergedUsers: { surviving: userView(survivor), discarded: { id: discardedId } },
    mergedConversations: course.pairs,
    conversations: course.touched.map(({ record, unread, last }) =>
      conversationView(record, unread[side], last[side]),
    ),
  })
  const type = "user:merge"
  const concern = { userId: survivor.id }
  return [
    { to: "feed", userId: survivor.id, row: { row: "event", type, data: data("user"), brought } },
    { to: "agents", row: { row: "event", type, concern, data: data("business"), brought } },
  ]
}

function survivingUser(discarded: UserRecord, survivor: UserRecord, course: Plan, now: number): UserRecord {
  const externalId = survivor.externalId ?? discarded.externalId
  const metadata = mergedMetadata(survivor.metadata, discarded.metadata)
  const tokensAfter = Math.max(survivor.tokensAfter ?? 0, discarded.tokensAfter ?? 0)
  const activeTickets =
    (survivor.activeTickets ?? 0) + course.tickets.filter(({ after }) => isActive(after)).length
  const defaultConversation =
    survivor.defaultConversation ??
    course.touched.find((touched) => touched.record.isDefault)?.record.id ??
    course.touched[0]?.record.id
  return {
    ...survivor,
    ...(externalId !== undefined && { externalId }),
    profile: mergedProfile(survivor.profile, discarded.profile),
    ...(metadata && { metadata }),
    recent: withRecent(survivor, discarded, now),
    // [P4] The discarded user's tokens open the survivor now: those that were revoked must stay so.
    ...(tokensAfter > 0 && { tokensAfter }),
    ...(defaultConversation !== undefined && { defaultConversation }),
    ...(activeTickets > 0 && { activeTickets }),
  }
}

/** Step 3. In the discarded user's partition: every id becomes an alias, and the feed's last word is where he went. */
export function forward(
  discarded: Estate,
  into: { readonly userId: string; readonly partition: number },
  outcomes: readonly Outcome[],
  order: MergeOrder,
): ChangeSet {
  const { mergeId, reason, now } = order
  const { id, createdAt, externalId } = discarded.record
  const away = discarded.partition !== into.partition
  const left = outcomes.filter(({ ends }) => away || ends === "folded")
  const fate = { kind: "merged", into: into.userId, mergeId, reason, at: now } as const
  return {
    expect: [discarded.user, ...outcomes.flatMap(({ story }) => [story.versioned, story.markers])],
    heads: outcomes.map(({ story }) => ({ log: story.record.log, n: story.head?.n ?? 0 })),
    put: [
      put("user", id, {
        id,
        createdAt,
        ...(externalId !== undefined && { externalId }),
        profile: {},
        recent: [],
        fate,
      }),
      ...left.map(({ story, in: survivor }) => {
        const { ticket: _, past: __, form: ___, ...rest } = story.record
        const gone = { into: survivor, partition: into.partition }
        return put("conversation", rest.id, { ...rest, segments: [], aliases: [], gone })
      }),
    ],
    remove: left.map(({ story }) => ({ kind: "markers", id: story.record.id })),
    append: [{ to: "feed", userId: id, row: { row: "moved", into: into.userId, reason } }],
    rank: [
      ...named(
        id,
        "conversations",
        outcomes.map(({ story }) => story.record.id),
        "out",
      ),
      ...named(id, "devices", discarded.devices, "out"),
      ...named(id, "aliases", discarded.aliases, "out"),
      ...outcomes.flatMap(({ story }) => leaving(id, story, away)),
    ],
  }
}

function named(
  userId: string,
  of: RankingChange["of"],
  members: readonly string[],
  score: RankingChange["score"],
): RankingChange[] {
  return members.map((member) => ({ of, name: userId, member, score }))
}

const conversationPlace =
  (userId: string) =>
  ({ record, last }: Touched): RankingChange => ({
    of: "conversations",
    name: userId,
    member: record.id,
    score: last.user?.receivedAt ?? record.createdAt,
  })

/** Rankings that agents look through are the partition's; in the same partition only a changed ticket moves there. */
function arriving(
  userId: string,
  { before, after, lastActivityAt }: TicketMove,
  away: boolean,
): RankingChange[] {
  return ranked(userId, away ? undefined : before, after, lastActivityAt)
}

function leaving(userId: string, { record, lastActivityAt }: Story, away: boolean): RankingChange[] {
  const { ticket } = record
  if (!ticket) return []
  const places = ranked(userId, ticket, undefined, lastActivityAt)
  return places.filter(({ of }) => away || of === "active")
}

const put = <K extends Put["kind"]>(kind: K, id: string, value: Extract<Put, { kind: K }>["value"]): Put =>
  // One kind, one value type: the union cannot be rebuilt from a generic without saying so.
  ({ kind, id, value }) as Put
