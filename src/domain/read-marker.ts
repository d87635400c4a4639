/** Read markers: per side, only forward, sent to every device (docs/protocol.md 3.2, 3.3). */
import type { ChangeSet, Versioned } from "./change-set.ts"
import { NO_MARKERS, readUpTo } from "./conversation.ts"
import { businessEvent, idsOf, subjectOf, userEvent } from "./event.ts"
import type { ConversationRecord } from "./records.ts"
import { unreadRanking } from "./ticket.ts"

export interface ReadCommand {
  readonly reader: "user" | "business"
  readonly position: string
  /** Up to where nothing is unread once the marker is there: in a joined history maybe further. */
  readonly readTo: string | undefined
  /** The same as a user is told it; `undefined` where they see no message up to there. */
  readonly shownTo: string | undefined
  /** What the user has not read once the marker is there. */
  readonly unreadCount: number
  /** The count is exact as long as the log's last entry is this one; `undefined`: it may be some messages old. */
  readonly headN: number | undefined
}

export function moveReadMarker(
  record: ConversationRecord,
  markers: Versioned<"markers">,
  expect: NonNullable<ChangeSet["expect"]>,
  reading: ReadCommand,
): ChangeSet {
  const { reader, position, readTo, shownTo, unreadCount, headN } = reading
  // What a fetch would show.
  const shown = readTo !== undefined && readTo > position ? readTo : position
  const facts = { conversationId: record.id, reader, ...(reader === "user" && { unreadCount }) }
  const subject = subjectOf(record, record.ticket)
  return {
    expect: [...expect, markers],
    heads: headN === undefined ? [] : [{ log: record.log, n: headN }],
    put: [
      {
        kind: "markers",
        id: record.id,
        value: readUpTo(markers.value ?? NO_MARKERS, reader, record, position),
      },
    ],
    append: [
      ...(shownTo === undefined
        ? []
        : [userEvent(record.userId, { type: "conversation:read", data: { ...facts, position: shownTo } })]),
      businessEvent(subject, {
        type: "conversation:read",
        data: { ...idsOf(subject), ...facts, position: shown },
      }),
    ],
    rank:
      reader === "business" && record.ticket && unreadCount === 0
        ? [unreadRanking(record.ticket, false, "now")]
        : [],
  }
}
