/**
 * Merging people (DESIGN 4): freeze, import, forward. Three drafts, each idempotent; any may be the last thing a
 * node does, and whoever meets a frozen user goes on from there. Where both users share a partition, import and
 * forward fall together into one commit and nobody is ever seen frozen.
 *
 * [P3] A merge conserves: import adds the discarded user's logs to the survivor's histories as segments and touches
 * no message. [P5] Forward leaves a forwarding value at every id that was merged away.
 */
import type { FoldedPair, MergeReason } from "../protocol/events.ts"
import type { ConversationMode } from "../protocol/settings.ts"
import type { Appending, Draft, Held, Put, Ranking } from "./draft.ts"
import { mergedMetadata, mergedProfile, userView, withRecent } from "./person.ts"
import type { Brought, ConversationRecord, MarkersRecord, UserRecord } from "./records.ts"
import {
  allSegments,
  conversationView,
  joinedMarkers,
  latestAddress,
  NO_MARKERS,
  type Story,
} from "./story.ts"

/** A user with everything he owns: the inventory that a merge walks. */
export interface Estate {
  readonly partition: number
  readonly user: Held<"user">
  readonly record: UserRecord
  readonly stories: readonly Story[]
  readonly aliases: readonly string[]
  readonly devices: readonly string[]
}

/** The user who stays. Of his conversations only the one that others would be folded into matters. */
export interface Survivor {
  readonly partition: number
  readonly user: Held<"user">
  readonly record: UserRecord
  readonly target: Story | undefined
}

export interface MergeOrder {
  readonly mergeId: string
  readonly reason: MergeReason
  readonly mode: ConversationMode
  readonly now: number
}

/** Step 1. From here on every send of the user conflicts, looks again, and finishes the merge first. */
export function freeze(user: Held<"user">, record: UserRecord, into: string, order: MergeOrder): Draft {
  const { mergeId, reason, now } = order
  return {
    expect: [user],
    put: [put("user", record.id, { ...record, fate: { kind: "merging", into, mergeId, reason, at: now } })],
  }
}

/** Two merges that wait for each other: the one whose user's id comes first in order is called off. */
export function thaw(user: Held<"user">, record: UserRecord): Draft {
  return { expect: [user], put: [put("user", record.id, { ...record, fate: undefined })] }
}

/** Where each conversation of the discarded user ends up, and what the survivor's then look like. */
export interface Plan {
  readonly pairs: readonly FoldedPair[]
  readonly outcomes: readonly {
    readonly story: Story
    readonly ends: "folded" | "moved"
    readonly in: string
  }[]
  readonly touched: readonly Touched[]
}

interface Touched {
  readonly record: ConversationRecord
  readonly markers: MarkersRecord
  readonly unread: number
  readonly last: Story["last"]
  readonly brought: Brought
  readonly appends: readonly Appending[]
  readonly expect: Story
}

/**
 * Single mode folds everything into one conversation: the survivor's, or where he has none the discarded user's
 * latest. Multi mode moves every conversation unchanged [4.2].
 */
export function plan(discarded: Estate, survivor: Survivor, mode: ConversationMode): Plan {
  const { target } = survivor
  const outcomes: Plan["outcomes"][number][] = []
  const touched: Touched[] = []
  const latestFirst = [...discarded.stories].sort((a, b) => (b.head?.at ?? 0) - (a.head?.at ?? 0))
  let into: Touched | undefined = mode === "single" && target ? untouched(target) : undefined
  for (const story of latestFirst) {
    if (into && mode === "single") {
      into = folded(into, story, discarded.partition)
      outcomes.push({ story, ends: "folded", in: into.record.id })
      continue
    }
    const isDefault = story.record.isDefault && survivor.record.defaultConversation === undefined
    const moved = movedTo(survivor, story, discarded.partition, isDefault)
    outcomes.push({ story, ends: "moved", in: story.record.id })
    if (mode === "single") into = moved
    else touched.push(moved)
  }
  if (into && outcomes.length > 0) touched.push(into)
  const pairs = outcomes
    .filter(({ ends }) => ends === "folded")
    .map((outcome) => ({ surviving: outcome.in, discarded: outcome.story.record.id }))
  return { pairs, outcomes, touched }
}

const untouched = (story: Story): Touched => ({
  record: story.record,
  markers: story.markers.value ?? NO_MARKERS,
  unread: story.unread,
  last: story.last,
  brought: { conversationId: story.record.id, segments: [] },
  appends: [],
  expect: story,
})

/** The discarded history becomes segments of the survivor's; what was unread stays unread, so counts add up. */
export function folded(into: Touched, story: Story, from: number): Touched {
  const brought = allSegments(story, from)
  return {
    ...into,
    record: {
      ...into.record,
      segments: [...into.record.segments, ...brought],
      aliases: [...into.record.aliases, story.record.id, ...story.record.aliases],
    },
    markers: joinedMarkers(into.markers, story.markers.value ?? NO_MARKERS),
    unread: into.unread + story.unread,
    last: later(into.last, story.last),
    brought: { ...into.brought, segments: [...into.brought.segments, ...brought] },
    appends: [...into.appends, ...foldMark(into.record.log, story, from)],
  }
}

/** In its own partition a conversation only changes its owner; in another one it goes on in a new log. */
function movedTo(survivor: Survivor, story: Story, from: number, isDefault: boolean): Touched {
  const owned = { ...story.record, userId: survivor.record.id, isDefault }
  const kept = untouched(story)
  const brought = { conversationId: story.record.id, segments: allSegments(story, from) }
  if (survivor.partition === from) return { ...kept, record: owned, brought }
  const log = nextLog(story.record.log)
  return {
    ...kept,
    record: { ...owned, log, segments: brought.segments },
    brought,
    appends: foldMark(log, story, from),
  }
}

/** The log that is folded in counts from this mark on; messages to come stand after all it holds. */
function foldMark(log: string, story: Story, from: number): Appending[] {
  if (!story.head) return []
  const floor = (latestAddress(allSegments(story, from))?.at ?? 0) + 1
  return [{ to: "messages", log, floor, row: { row: "fold", log: story.record.log, partition: from } }]
}

const nextLog = (log: string): string => {
  const [id, moves] = log.split(".")
  return `${id}.${Number(moves ?? 0) + 1}`
}

const later = (a: Story["last"], b: Story["last"]): Story["last"] =>
  a === undefined || (b !== undefined && b.position > a.position) ? b : a

/** Step 2. In the survivor's partition: all that the discarded user had, and the event that tells of it. */
export function importInto(discarded: Estate, survivor: Survivor, course: Plan, order: MergeOrder): Draft {
  const { now, mergeId, reason } = order
  const away = discarded.partition !== survivor.partition
  const record = survivingUser(discarded.record, survivor.record, course, now)
  const event = {
    reason,
    mergedUsers: { surviving: userView(record), discarded: { id: discarded.record.id } },
    mergedConversations: course.pairs,
    conversations: course.touched.map(({ record, unread, last }) => conversationView(record, unread, last)),
  }
  const marks = course.touched.flatMap((touched) => touched.appends)
  return {
    expect: [
      survivor.user,
      ...(away ? [{ kind: "imported", id: discarded.record.id, version: 0 } as const] : []),
      ...course.touched.filter((touched) => belongs(touched, survivor)).map((touched) => touched.expect.held),
      ...course.touched
        .filter((touched) => belongs(touched, survivor))
        .map((touched) => touched.expect.markers),
    ],
    heads: course.touched
      .filter((touched) => belongs(touched, survivor))
      .map(({ expect }) => ({ log: expect.record.log, n: expect.head?.n ?? 0 })),
    put: [
      put("user", record.id, record),
      ...(away
        ? [put("imported", discarded.record.id, { into: record.id, mergeId, folded: course.pairs })]
        : []),
      ...course.touched.flatMap((touched) => [
        put("conversation", touched.record.id, touched.record),
        put("markers", touched.record.id, touched.markers),
      ]),
    ],
    append: [
      ...marks,
      {
        to: "feed",
        userId: record.id,
        row: {
          row: "event",
          type: "user:merge",
          data: event,
          brought: course.touched.map((touched) => touched.brought),
        },
      },
    ],
    rank: [
      ...course.touched.map(
        ({ record: { id, createdAt }, last }): Ranking => ({
          of: "conversations",
          userId: record.id,
          member: id,
          score: last?.receivedAt ?? createdAt,
        }),
      ),
      ...[discarded.record.id, ...discarded.aliases].map(
        (alias): Ranking => ({ of: "aliases", userId: record.id, member: alias, score: now }),
      ),
      ...discarded.devices.map(
        (device): Ranking => ({ of: "devices", userId: record.id, member: device, score: now }),
      ),
    ],
  }
}

const belongs = (touched: Touched, survivor: Survivor): boolean =>
  touched.expect.record.userId === survivor.record.id

function survivingUser(discarded: UserRecord, survivor: UserRecord, course: Plan, now: number): UserRecord {
  const externalId = survivor.externalId ?? discarded.externalId
  const metadata = mergedMetadata(survivor.metadata, discarded.metadata)
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
    ...(defaultConversation !== undefined && { defaultConversation }),
  }
}

/** Step 3. In the discarded user's partition: every id becomes an alias, and the feed's last word is where he went. */
export function forward(
  discarded: Estate,
  into: { readonly userId: string; readonly partition: number },
  course: Pick<Plan, "outcomes">,
  order: MergeOrder,
): Draft {
  const { mergeId, reason, now } = order
  const { id, createdAt, externalId } = discarded.record
  const away = discarded.partition !== into.partition
  return {
    expect: [
      discarded.user,
      ...course.outcomes.map(({ story }) => story.held),
      ...course.outcomes.map(({ story }) => story.markers),
    ],
    heads: course.outcomes.map(({ story }) => ({ log: story.record.log, n: story.head?.n ?? 0 })),
    put: [
      put("user", id, {
        id,
        createdAt,
        ...(externalId !== undefined && { externalId }),
        profile: {},
        recent: [],
        fate: { kind: "merged", into: into.userId, mergeId, reason, at: now },
      }),
      ...course.outcomes
        .filter(({ ends }) => away || ends === "folded")
        .map(({ story, ...outcome }) =>
          put("conversation", story.record.id, {
            ...story.record,
            segments: [],
            aliases: [],
            gone: { into: outcome.in, partition: into.partition },
          }),
        ),
    ],
    remove: course.outcomes
      .filter(({ ends }) => away || ends === "folded")
      .map(({ story }) => ({ kind: "markers", id: story.record.id })),
    append: [{ to: "feed", userId: id, row: { row: "moved", into: into.userId, reason } }],
    rank: [
      ...course.outcomes.map(
        ({ story }): Ranking => ({ of: "conversations", userId: id, member: story.record.id, score: "out" }),
      ),
      ...discarded.devices.map(
        (device): Ranking => ({ of: "devices", userId: id, member: device, score: "out" }),
      ),
      ...discarded.aliases.map(
        (alias): Ranking => ({ of: "aliases", userId: id, member: alias, score: "out" }),
      ),
    ],
  }
}

const put = <K extends Put["kind"]>(kind: K, id: string, value: Extract<Put, { kind: K }>["value"]): Put =>
  // One kind, one value type: the union cannot be rebuilt from a generic without saying so.
  ({ kind, id, value }) as Put
