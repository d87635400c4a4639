/**
 * A user who chats before each sign-in adds a segment to their history each time. Past a small number the oldest of them
 * become one log (docs/architecture.md 4): a commit copies their messages, in order, and puts the copies in their place.
 * [P3] Each copy says where it came from, so it keeps its position, its author's old id and its unreadness.
 */
import { type Append, type ChangeSet, endsWith } from "./change-set.ts"
import type { ConversationState, LogEntry, Reading } from "./conversation.ts"
import { NO_MARKERS } from "./conversation.ts"
import type { CheckedReading, Checkpoint, CopyPayload, CopyReading } from "./log-payloads.ts"
import { positionOf } from "./position.ts"
import type { ConversationRecord, MarkersRecord, Segment } from "./records.ts"

/** Segments of a conversation before its small ones are compacted: a page may have to read each of them. */
export const MAX_SEGMENTS = 8
/** Longer logs are not copied: a conversation has only few of them, and copying would take long. */
const MAX_SOURCE_ENTRIES = 400
/**
 * How long copied logs are kept. Meanwhile a wrong merge can be undone from the logs; later from the origin that each
 * copy names.
 */
const ORIGINALS_SECONDS = 30 * 86_400
/**
 * Events older than this are not replayed, because they may show messages of logs that are gone; the client gets a full
 * state.
 */
export const REPLAYED_MS = (ORIGINALS_SECONDS - 86_400) * 1_000
/** Messages that one commit copies at most. */
const MAX_COPIED = 1_000

/** The segments that are copied into one; `undefined` where there are few enough. */
export function compactionSources({ segments }: ConversationRecord): readonly Segment[] | undefined {
  if (segments.length <= MAX_SEGMENTS) return undefined
  const run = longestRun(segments)
  const sources: Segment[] = []
  let copied = 0
  for (const segment of oldestFirst(segments.filter((one) => isSmall(one) && one !== run))) {
    copied += segment.messages
    if (copied > MAX_COPIED) break
    sources.push(segment)
  }
  return sources.length > 1 ? sources : undefined
}

const isSmall = ({ last }: Segment): boolean => last.n <= MAX_SOURCE_ENTRIES

const oldestFirst = (segments: readonly Segment[]): Segment[] =>
  segments.toSorted((a, b) => a.last.at - b.last.at)

/** The latest log of copies: further copies are appended to it where their order allows. */
const longestRun = (segments: readonly Segment[]): Segment | undefined =>
  segments.filter(({ copies }) => copies).toSorted((a, b) => b.last.at - a.last.at)[0]

/** What one side has read of each source log. A log that the walk did not reach is absent, and changes nothing. */
type ByLog = ReadonlyMap<string, readonly Reading[]>

export interface Compaction {
  readonly state: ConversationState
  readonly partition: number
  readonly sources: readonly { readonly segment: Segment; readonly entries: readonly LogEntry[] }[]
  readonly byLog: { readonly user: ByLog; readonly business: ByLog }
  /** The name of a log of copies, should a new one be needed. */
  readonly fresh: string
  /** Whether to expect that the log that is written now still ends where it was read. */
  readonly exact: boolean
}

/**
 * @returns `undefined` where something is unread and `exact` is false: a side's own message that comes meanwhile would mark
 * it as read, and the copies would not know
 */
export function compact(compaction: Compaction): ChangeSet | undefined {
  const { state, partition, sources, exact } = compaction
  const copies = sources
    .flatMap(({ segment, entries }) => entries.flatMap((entry) => copyOf(segment, entry, compaction) ?? []))
    .toSorted((a, b) => (a.position < b.position ? -1 : 1))
  if (!exact && copies.some(({ payload: { user, business } }) => user === "unread" || business === "unread"))
    return undefined
  const markers = state.markers.value ?? NO_MARKERS
  const run = longestRun(state.record.segments)
  const extended = run && isAfter(run, copies, markers, partition) ? run : undefined
  const log = extended?.log ?? compaction.fresh
  const copiedLogs = new Set(sources.map(({ segment }) => segment.log))
  const last = copies.at(-1)
  const segment: Segment | undefined = last && {
    log,
    partition,
    last: { at: last.at, n: (extended?.last.n ?? 0) + copies.length },
    messages: (extended?.messages ?? 0) + copies.length,
    copies: true,
  }
  const kept = state.record.segments.filter((one) => !copiedLogs.has(one.log) && one.log !== log)
  const segments = segment ? [segment, ...kept] : kept
  return {
    expect: [state.versioned, state.markers],
    heads: [
      ...(exact ? [endsWith(state.record.log, state.head)] : []),
      ...(segment ? [{ log, n: extended?.last.n ?? 0 }] : []),
    ],
    put: [
      {
        kind: "conversation",
        id: state.record.id,
        value: { ...state.record, segments, folds: (state.record.folds ?? 0) + 1 },
      },
      { kind: "markers", id: state.record.id, value: without(copiedLogs, markers) },
    ],
    // Another partition may lose this commit and keep its own: what lies there stays.
    expire: sources
      .filter((one) => one.segment.partition === partition)
      .map(({ segment: { log: id } }) => ({ kind: "messages", id, seconds: ORIGINALS_SECONDS })),
    append: [
      ...copies.map(({ at, payload }): Append => ({ to: "messages", log, at, payload })),
      {
        to: "messages",
        log: state.record.log,
        payload: {
          kind: "fold",
          log,
          partition,
          ...(exact && { checkpoint: checkpointOf(state, markers, segments) }),
        },
      },
    ],
  }
}

interface Copy {
  readonly at: number
  readonly position: string
  readonly payload: CopyPayload
}

function copyOf({ log }: Segment, entry: LogEntry, { byLog }: Compaction): Copy | undefined {
  const { at, payload } = entry
  if (payload.kind === "fold") return undefined
  const copied = payload.kind === "copy" ? payload : undefined
  const origin = { log: copied?.log ?? log, n: copied?.n ?? entry.n }
  const position = positionOf(origin.log, { at, n: origin.n })
  const message = payload.kind === "copy" ? payload.message : payload
  const reading = (side: "user" | "business") => readingAt(position, byLog[side].get(log))
  const [user, business] = [reading("user"), reading("business")]
  return {
    at,
    position,
    payload: { kind: "copy", ...origin, message, ...(user && { user }), ...(business && { business }) },
  }
}

function readingAt(position: string, readings: readonly Reading[] = []): CopyReading | undefined {
  if (readings.some(({ firstUnread }) => firstUnread === position)) return "unread"
  return readings.some(({ readTo }) => readTo === position) ? "read" : undefined
}

/**
 * Whether copies can be appended to this log: they come later, and none that says `read` or `unread` lies before its
 * side's marker.
 */
function isAfter(run: Segment, copies: readonly Copy[], markers: MarkersRecord, partition: number): boolean {
  const first = copies[0]
  if (run.partition !== partition || !first || first.at <= run.last.at) return false
  return (["user", "business"] as const).every((side) => {
    const marker = markers[side][run.log]
    return (
      marker === undefined || copies.every(({ payload, position }) => !payload[side] || position > marker)
    )
  })
}

function without(logs: ReadonlySet<string>, { user, business }: MarkersRecord): MarkersRecord {
  const kept = (markers: MarkersRecord["user"]) =>
    Object.fromEntries(Object.entries(markers).filter(([log]) => !logs.has(log)))
  return { user: kept(user), business: kept(business) }
}

function checkpointOf(
  { record, reading }: ConversationState,
  markers: MarkersRecord,
  segments: readonly Segment[],
): Checkpoint {
  const checked = (side: "user" | "business"): CheckedReading => {
    const marker = markers[side][record.log]
    const { shownTo: _, ...checked } = reading[side]
    return { ...(marker !== undefined && { marker }), ...checked }
  }
  const logs = segments.filter(isSmall).map(({ log }) => log)
  return { user: checked("user"), business: checked("business"), logs }
}
