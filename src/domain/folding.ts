/**
 * Histories are folded, not rewritten (DESIGN 4): what two conversations become as one, and where the conversations
 * of a discarded user end up. [P3] No message is touched; the discarded logs become segments of the survivor's.
 */
import type { FoldedPair } from "../protocol/events.ts"
import type { ConversationMode } from "../protocol/settings.ts"
import type { Append } from "./change-set.ts"
import type { Brought, ConversationRecord, MarkersRecord, PastTicket, TicketRecord } from "./records.ts"
import { allSegments, type BothSides, joinedMarkers, latestAddress, NO_MARKERS, type Story } from "./story.ts"
import { isActive, mergedAway } from "./ticket.ts"

/** A conversation as a fold or a move leaves it. */
export interface Touched {
  readonly record: ConversationRecord
  readonly markers: MarkersRecord
  readonly unread: Story["unread"]
  readonly last: Story["last"]
  readonly lastActivityAt: number
  readonly brought: Brought
  /** Marks in the log that is written now: from there on the folded logs count. */
  readonly appends: readonly Append[]
  /** What it was before. */
  readonly story: Story
}

/** A ticket that came with a discarded conversation, before and after. */
export interface TicketMove {
  readonly before: TicketRecord
  readonly after: TicketRecord
  readonly home: Pick<ConversationRecord, "id" | "userId">
  readonly lastActivityAt: number
}

/** Where each conversation of the discarded user ends up. */
export interface Plan {
  readonly pairs: readonly FoldedPair[]
  readonly outcomes: readonly Outcome[]
  readonly touched: readonly Touched[]
  readonly tickets: readonly TicketMove[]
}

export interface Outcome {
  readonly story: Story
  readonly ends: "folded" | "moved"
  readonly in: string
}

export interface Whither {
  readonly userId: string
  readonly partition: number
  /** The conversation that others are folded into, where there is one. */
  readonly target: Story | undefined
  /** Whether he has a default conversation already. */
  readonly settled: boolean
}

/**
 * Single mode folds everything into one conversation: the survivor's, or where he has none the discarded user's
 * latest. Multi mode moves every conversation unchanged [4.2].
 */
export function plan(
  stories: readonly Story[],
  from: number,
  whither: Whither,
  mode: ConversationMode,
  now: number,
): Plan {
  const outcomes: Outcome[] = []
  const moved: Touched[] = []
  const latestFirst = stories.toSorted((a, b) => (b.head?.at ?? 0) - (a.head?.at ?? 0))
  let into = mode === "single" && whither.target ? untouched(whither.target) : undefined
  for (const story of latestFirst) {
    if (into) {
      into = folded(into, story, from, now)
      outcomes.push({ story, ends: "folded", in: into.record.id })
      continue
    }
    const one = movedTo(whither, story, from)
    outcomes.push({ story, ends: "moved", in: story.record.id })
    if (mode === "single") into = one
    else moved.push(one)
  }
  const touched = into && outcomes.length > 0 ? [into] : moved
  const pairs = outcomes
    .filter(({ ends }) => ends === "folded")
    .map((outcome) => ({ surviving: outcome.in, discarded: outcome.story.record.id }))
  return { pairs, outcomes, touched, tickets: ticketMoves(outcomes, touched) }
}

export const untouched = (story: Story): Touched => ({
  record: story.record,
  markers: story.markers.value ?? NO_MARKERS,
  unread: story.unread,
  last: story.last,
  lastActivityAt: story.lastActivityAt,
  brought: { conversationId: story.record.id, segments: [] },
  appends: [],
  story,
})

/** What was read stays read and what was unread stays unread, so counts add up [3.4]. */
export function folded(into: Touched, story: Story, from: number, now: number): Touched {
  const brought = allSegments(story, from)
  const { record } = into
  return {
    ...into,
    record: {
      ...record,
      ...joinedTickets(into, story, now),
      segments: [...record.segments, ...brought],
      aliases: [...record.aliases, story.record.id, ...story.record.aliases],
    },
    markers: joinedMarkers(into.markers, story.markers.value ?? NO_MARKERS),
    unread: sum(into.unread, story.unread),
    last: {
      user: later(into.last.user, story.last.user),
      business: later(into.last.business, story.last.business),
    },
    lastActivityAt: Math.max(into.lastActivityAt, story.lastActivityAt),
    brought: { ...into.brought, segments: [...into.brought.segments, ...brought] },
    appends: [...into.appends, ...foldMark(record.log, story, from)],
  }
}

/** In its own partition a conversation only changes its owner; in another one it goes on in a new log. */
function movedTo({ userId, partition, settled }: Whither, story: Story, from: number): Touched {
  const record = { ...story.record, userId, isDefault: story.record.isDefault && !settled }
  const brought = { conversationId: story.record.id, segments: allSegments(story, from) }
  const moved = { ...untouched(story), brought }
  if (partition === from) return { ...moved, record }
  const log = nextLog(story.record.log)
  return {
    ...moved,
    record: { ...record, log, segments: brought.segments },
    appends: foldMark(log, story, from),
  }
}

/** Messages to come stand after all that the folded log holds. */
function foldMark(log: string, story: Story, from: number): Append[] {
  if (!story.head) return []
  const floor = (latestAddress(allSegments(story, from))?.at ?? 0) + 1
  return [{ to: "messages", log, floor, row: { row: "fold", log: story.record.log, partition: from } }]
}

const nextLog = (log: string): string => {
  const [id, moves] = log.split(".")
  return `${id}.${Number(moves ?? 0) + 1}`
}

/**
 * At most one active ticket [5]: where both have one, the discarded one is closed with `mergedInto`; where only the
 * discarded one is active, it becomes the conversation's.
 */
function joinedTickets(
  into: Touched,
  story: Story,
  now: number,
): Pick<ConversationRecord, "ticket" | "past"> {
  const mine = into.record.ticket
  const theirs = story.record.ticket
  const past = [...(into.record.past ?? []), ...(story.record.past ?? [])]
  const asPast = (ticket: TicketRecord, lastActivityAt: number): PastTicket => ({ ...ticket, lastActivityAt })
  const kept = (ticket: TicketRecord | undefined, more: readonly PastTicket[]) => {
    const all = [...past, ...more]
    return { ...(ticket && { ticket }), ...(all.length > 0 && { past: all }) }
  }
  if (!theirs) return kept(mine, [])
  if (!mine) return kept(theirs, [])
  if (!isActive(theirs)) return kept(mine, [asPast(theirs, story.lastActivityAt)])
  if (!isActive(mine)) return kept(theirs, [asPast(mine, into.lastActivityAt)])
  return kept(mine, [asPast(mergedAway(theirs, mine.id, now), story.lastActivityAt)])
}

function ticketMoves(outcomes: readonly Outcome[], touched: readonly Touched[]): TicketMove[] {
  return outcomes.flatMap(({ story, in: id }) => {
    const home = touched.find(({ record }) => record.id === id)?.record
    const before = story.record.ticket
    if (!home || !before) return []
    const after = home.ticket?.id === before.id ? home.ticket : home.past?.find((one) => one.id === before.id)
    return after ? [{ before, after, home, lastActivityAt: story.lastActivityAt }] : []
  })
}

const sum = (a: BothSides<number>, b: BothSides<number>): BothSides<number> => ({
  user: a.user + b.user,
  business: a.business + b.business,
})

type Last = Story["last"]["user"]
const later = (a: Last, b: Last): Last =>
  a === undefined || (b !== undefined && b.position > a.position) ? b : a
