/** Read markers: per side, only forward, sent to every device (docs/protocol.md 3.2, 3.3). */
import type { ChangeSet, Versioned } from "./change-set.ts"
import { NO_MARKERS, readUpTo } from "./conversation.ts"
import { businessEvent, idsOf, subjectOf, userEvent } from "./event-entries.ts"
import type { ConversationRecord } from "./records.ts"
import { unreadRanking } from "./ticket.ts"

export interface ReadCommand {
  readonly reader: "user" | "business"
  readonly position: string
  /** Up to where nothing is unread once the marker has moved; in a joined history this may be further than the marker. */
  readonly readTo: string | undefined
  /**
   * The same, as the user may see it: never the position of an internal note. `undefined` if they see no message up to
   * there.
   */
  readonly shownTo: string | undefined
  /** How many messages the reader has not read once the marker has moved. */
  readonly unreadCount: number
  /**
   * The log's last entry when the count was made, expected by the commit; `undefined`: the count may be some messages
   * old.
   */
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
