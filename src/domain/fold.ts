/**
 * Histories are folded, not rewritten (docs/architecture.md 4): what two conversations become as one, and where the
 * conversations of a discarded user end up. [P3] No message is touched; the discarded logs become segments of the
 * survivor's.
 */
import type { ConversationId, Millis, TicketId, UserId } from "../protocol/branded.ts"
import type { FoldedPair } from "../protocol/events.ts"
import type { ConversationMode } from "../protocol/settings.ts"
import type { Append } from "./change-set.ts"
import {
  allSegments,
  type ConversationState,
  foldedMessages,
  joinedMarkers,
  joinedReading,
  latestAddress,
  NO_MARKERS,
  ownMessages,
} from "./conversation.ts"
import type { ImportedSegments } from "./log-payloads.ts"
import { type Address, isLater } from "./position.ts"
import type { ConversationRecord, MarkersRecord, PreviousTicket, Segment, TicketRecord } from "./records.ts"
import { isActive, mergedAway } from "./ticket.ts"

/** A conversation as it is after a fold or a move. */
export interface UpdatedConversation {
  readonly record: ConversationRecord
  readonly markers: MarkersRecord
  readonly reading: ConversationState["reading"]
  readonly last: ConversationState["last"]
  readonly lastActivityAt: Millis
  readonly importedSegments: ImportedSegments
  /** Fold entries for the log that is written now: from there on the folded logs belong to the history. */
  readonly appends: readonly Append[]
  /** The conversation before. */
  readonly state: ConversationState
}

/** A ticket that came with a discarded conversation, before and after. */
export interface TicketMove {
  readonly before: TicketRecord
  readonly after: TicketRecord
  readonly home: Pick<ConversationRecord, "id" | "userId">
  readonly lastActivityAt: Millis
}

/** Where each conversation of the discarded user ends up. */
export interface MergePlan {
  readonly pairs: readonly FoldedPair[]
  readonly outcomes: readonly ConversationOutcome[]
  readonly updated: readonly UpdatedConversation[]
  readonly tickets: readonly TicketMove[]
  /** Earlier tickets of the moved conversations: unchanged, and listed with them. */
  readonly previousTickets: readonly PreviousTicket[]
}

export interface ConversationOutcome {
  readonly state: ConversationState
  readonly ends: "folded" | "moved"
  readonly in: ConversationId
}

/** By log: the last entry that an earlier import of the same merge brought. */
export type ImportedLogs = ReadonlyMap<string, Address>
const NO_IMPORTED_LOGS: ImportedLogs = new Map()

export interface MergeTarget {
  readonly userId: UserId
  readonly partition: number
  /** The conversation that others are folded into, where there is one. */
  readonly target: ConversationState | undefined
  /** Whether they have a default conversation already. */
  readonly hasDefault: boolean
  /** Only when a merge is repeated: by the id of an incoming conversation, what an earlier import made of it. */
  readonly earlier: ReadonlyMap<string, ConversationState>
  /** How far that import brought each log. Entries up to there may have been compacted into copies since. */
  readonly importedLogs: ImportedLogs
}

/**
 * Single mode folds everything into one conversation: the survivor's, or where they have none the discarded user's
 * latest. Multi mode moves every conversation unchanged [4.2].
 */
export function planMerge(
  conversations: readonly ConversationState[],
  from: number,
  found: MergeTarget,
  mode: ConversationMode,
  now: Millis,
): MergePlan {
  const outcomes: ConversationOutcome[] = []
  const moved: UpdatedConversation[] = []
  const latestFirst = conversations.toSorted((a, b) => (b.head?.at ?? 0) - (a.head?.at ?? 0))
  let into = mode === "single" && found.target ? unchanged(found.target) : undefined
  const endsAs = (state: ConversationState, id: ConversationId) =>
    state.record.id === id ? "moved" : "folded"
  for (const state of latestFirst) {
    if (into) {
      into = foldInto(into, state, from, now, found.importedLogs)
      outcomes.push({ state, ends: endsAs(state, into.record.id), in: into.record.id })
      continue
    }
    const twin = found.earlier.get(state.record.id)
    const one = twin
      ? foldInto(unchanged(twin), state, from, now, found.importedLogs)
      : moveTo(found, state, from)
    outcomes.push({ state, ends: endsAs(state, one.record.id), in: one.record.id })
    if (mode === "single") into = one
    else moved.push(one)
  }
  const updated = into && outcomes.length > 0 ? [into] : moved
  const pairs = outcomes
    .filter(({ ends }) => ends === "folded")
    .map((outcome) => ({ surviving: outcome.in, discarded: outcome.state.record.id }))
  const known = [found.target, ...found.earlier.values()].flatMap((state) => (state ? ticketIds(state) : []))
  const tickets = ticketMoves(outcomes, updated).filter(({ before }) => !known.includes(before.id))
  const previousTickets = outcomes
    .flatMap(({ state }) => state.record.previousTickets ?? [])
    .filter(({ id }) => !known.includes(id))
  return { pairs, outcomes, updated, tickets, previousTickets }
}

/** How much goes along, folded or moved: the figures of the merge report. */
export function movedBy({ outcomes, tickets }: MergePlan): {
  conversations: number
  messages: number
  tickets: number
} {
  const messages = outcomes.reduce(
    (sum, { state }) => sum + ownMessages(state) + foldedMessages(state.record),
    0,
  )
  return { conversations: outcomes.length, messages, tickets: tickets.length }
}

export const unchanged = (state: ConversationState): UpdatedConversation => ({
  record: state.record,
  markers: state.markers.value ?? NO_MARKERS,
  reading: state.reading,
  last: state.last,
  lastActivityAt: state.lastActivityAt,
  importedSegments: { conversationId: state.record.id, segments: [] },
  appends: [],
  state,
})

const ticketIds = ({
  record: { ticket, previousTickets = [] },
}: Pick<ConversationState, "record">): TicketId[] =>
  [...(ticket ? [ticket] : []), ...previousTickets].map(({ id }) => id)

/**
 * Folds one conversation into another. What was read stays read and what was unread stays unread, so counts add up [3.4].
 * When a merge is repeated, because a store lost its other half, the log may be here already: it is recognized by its name
 * and counts once, though it may have grown since.
 *
 * @param from the partition of the conversation that is folded in
 */
export function foldInto(
  into: UpdatedConversation,
  state: ConversationState,
  from: number,
  now: Millis,
  importedLogs = NO_IMPORTED_LOGS,
): UpdatedConversation {
  const importedSegments = allSegments(state, from)
  const { record } = into
  const known =
    importedLogs.has(state.record.log) || record.segments.some(({ log }) => log === state.record.log)
  const appends = known ? [] : foldEntry(record.log, state, from)
  return {
    ...into,
    record: {
      ...record,
      ...joinedTickets(into, state, now),
      segments: joinedSegments(record.segments, importedSegments, importedLogs),
      ...withFolds(record.folds, appends),
    },
    markers: joinedMarkers({ survivor: into.markers, discarded: state.markers.value ?? NO_MARKERS }),
    reading: known
      ? into.reading
      : {
          user: joinedReading(into.reading.user, state.reading.user),
          business: joinedReading(into.reading.business, state.reading.business),
        },
    last: {
      user: later(into.last.user, state.last.user),
      business: later(into.last.business, state.last.business),
    },
    lastActivityAt: Math.max(into.lastActivityAt, state.lastActivityAt),
    importedSegments: {
      ...into.importedSegments,
      segments: [...into.importedSegments.segments, ...importedSegments],
    },
    appends: [...into.appends, ...appends],
  }
}

/** Each log once, with the later of its ends. Of a log that was imported and compacted before, only what came after that. */
function joinedSegments(
  mine: readonly Segment[],
  theirs: readonly Segment[],
  importedLogs: ImportedLogs,
): Segment[] {
  const byLog = new Map(mine.map((segment) => [segment.log, segment]))
  for (const segment of theirs) {
    const before = byLog.get(segment.log)
    const after = before ? undefined : importedLogs.get(segment.log)
    if (before ? before.last.n < segment.last.n : !after)
      byLog.set(segment.log, { ...segment, ...leftOutOf(before, segment) })
    else if (after && isLater(segment.last, after)) byLog.set(segment.log, { ...segment, after })
  }
  return [...byLog.values()]
}

function leftOutOf(before: Segment | undefined, { leftOut }: Segment): Pick<Segment, "leftOut"> {
  const all = [...(before?.leftOut ?? []), ...(leftOut ?? [])]
  return all.length > 0 ? { leftOut: [...new Set(all)] } : {}
}

/** Within a partition a conversation only changes its owner; in another partition it begins a new log. */
function moveTo(
  { userId, partition, hasDefault }: MergeTarget,
  state: ConversationState,
  from: number,
): UpdatedConversation {
  const record = { ...state.record, userId, isDefault: state.record.isDefault && !hasDefault }
  const importedSegments = { conversationId: state.record.id, segments: allSegments(state, from) }
  const moved = { ...unchanged(state), importedSegments }
  if (partition === from) return { ...moved, record }
  const log = nextLog(state.record.log)
  const appends = foldEntry(log, state, from)
  const { folds: _, leftOut: __, ...rest } = record
  const segments = importedSegments.segments
  return { ...moved, record: { ...rest, log, segments, ...withFolds(0, appends) }, appends }
}

const withFolds = (before: number | undefined, { length }: readonly Append[]): { folds?: number } =>
  length > 0 ? { folds: (before ?? 0) + length } : {}

/** The entry that marks the fold. By its floor, later messages get positions after everything in the folded log. */
function foldEntry(log: string, state: ConversationState, from: number): Append[] {
  if (!state.head) return []
  const floor = (latestAddress(allSegments(state, from))?.at ?? 0) + 1
  return [{ to: "messages", log, floor, payload: { kind: "fold", log: state.record.log, partition: from } }]
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
  into: UpdatedConversation,
  state: ConversationState,
  now: Millis,
): Pick<ConversationRecord, "ticket" | "previousTickets"> {
  const mine = into.record.ticket
  const known = ticketIds(into)
  const theirs = known.includes(state.record.ticket?.id ?? "") ? undefined : state.record.ticket
  const previousTickets = [
    ...(into.record.previousTickets ?? []),
    ...(state.record.previousTickets ?? []).filter(({ id }) => !known.includes(id)),
  ]
  const asPrevious = (ticket: TicketRecord, lastActivityAt: Millis): PreviousTicket => ({
    ...ticket,
    lastActivityAt,
  })
  const kept = (ticket: TicketRecord | undefined, more: readonly PreviousTicket[]) => {
    const all = [...previousTickets, ...more]
    return { ...(ticket && { ticket }), ...(all.length > 0 && { previousTickets: all }) }
  }
  if (!theirs) return kept(mine, [])
  if (!mine) return kept(theirs, [])
  if (!isActive(theirs)) return kept(mine, [asPrevious(theirs, state.lastActivityAt)])
  if (!isActive(mine)) return kept(theirs, [asPrevious(mine, into.lastActivityAt)])
  return kept(mine, [asPrevious(mergedAway(theirs, mine.id, now), state.lastActivityAt)])
}

function ticketMoves(
  outcomes: readonly ConversationOutcome[],
  updated: readonly UpdatedConversation[],
): TicketMove[] {
  return outcomes.flatMap(({ state, in: id }) => {
    const home = updated.find(({ record }) => record.id === id)?.record
    const before = state.record.ticket
    if (!home || !before) return []
    const after =
      home.ticket?.id === before.id ? home.ticket : home.previousTickets?.find((one) => one.id === before.id)
    return after ? [{ before, after, home, lastActivityAt: state.lastActivityAt }] : []
  })
}

type Last = ConversationState["last"]["user"]
const later = (a: Last, b: Last): Last =>
  a === undefined || (b !== undefined && b.position > a.position) ? b : a
