/**
 * A conversation as it is read: days, messages, and between them lines about the user's identity – signed in here, merged
 * with a known user there. A model for the page and for tests; it draws nothing.
 */
import type { IdentityChange } from "../../../protocol/agent.ts"
import type { Message } from "../../../protocol/model.ts"
import type { InboxRow, OutgoingReply, Transcript } from "./state.ts"

export type TimelineItem =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | {
      readonly kind: "message"
      readonly key: string
      readonly message: Message
      /** By the same author, shortly after: shown together. */
      readonly continues: boolean
    }
  | { readonly kind: "unread"; readonly key: string }
  | {
      readonly kind: "identity"
      readonly key: string
      readonly at: number
      readonly change: IdentityChange
      /** With a merge: the ticket that was joined into this one by it. */
      readonly ticketId?: string
    }
  /** Another ticket of the person was joined into this one. */
  | { readonly kind: "joined"; readonly key: string; readonly at: number; readonly ticketId: string }
  | { readonly kind: "outgoing"; readonly key: string; readonly outgoing: OutgoingReply }

export interface TimelineSource {
  readonly transcript: Transcript
  readonly history: readonly IdentityChange[]
  /** All tickets of the person that are known. */
  readonly tickets: readonly InboxRow[]
  readonly ticketId: string
  readonly outbox: readonly OutgoingReply[]
  /** The line "new messages" is drawn after this position. */
  readonly unreadAfter: string | undefined
  /** Minutes east of Greenwich, of the reader. */
  readonly zoneMinutes: number
}

const TOGETHER_MS = 5 * 60_000
const DAY_MS = 24 * 3_600_000
/** A ticket that was joined this short a time before or after a merge was joined by that merge. */
const WITH_MERGE_MS = 100

const dayOf = (at: number, zoneMinutes: number): number => Math.floor((at + zoneMinutes * 60_000) / DAY_MS)

export function timeline(source: TimelineSource): readonly TimelineItem[] {
  const { transcript, outbox, unreadAfter, zoneMinutes } = source
  const lines = linesOf(source)
  const entries: TimelineItem[] = []
  let day: number | undefined
  let before: Message | undefined
  let marked = false
  const putDay = (at: number): void => {
    const today = dayOf(at, zoneMinutes)
    if (today === day) return
    entries.push({ kind: "day", key: `day ${today}`, at })
    before = undefined
    day = today
  }
  const putLines = (until: number): void => {
    for (let line = lines[0]; line !== undefined && line.at < until; line = lines[0]) {
      putDay(line.at)
      entries.push(line)
      before = undefined
      lines.shift()
    }
  }
  for (const message of transcript.messages) {
    putLines(message.receivedAt)
    putDay(message.receivedAt)
    const { author, position } = message
    if (unreadAfter !== undefined && !marked && author.type === "user" && position > unreadAfter) {
      marked = true
      before = undefined
      entries.push({ kind: "unread", key: "unread" })
    }
    entries.push({
      kind: "message",
      key: message.id,
      message,
      continues: before !== undefined && together(before, message),
    })
    before = message
  }
  putLines(Number.POSITIVE_INFINITY)
  const waiting = outbox.filter(({ conversationId }) => conversationId === transcript.id)
  for (const outgoing of waiting) entries.push({ kind: "outgoing", key: outgoing.localId, outgoing })
  return entries
}

/** The position of the last message up to this row. */
export function seenPosition(entries: readonly TimelineItem[], key: string | undefined): string | undefined {
  const last = entries.findLastIndex((entry) => entry.key === key)
  const seen = entries.slice(0, last + 1).findLast(({ kind }) => kind === "message")
  return seen?.kind === "message" ? seen.message.position : undefined
}

type Line = Extract<TimelineItem, { kind: "identity" | "joined" }>

/** The lines of the part of the history that was fetched, in order. */
function linesOf({ transcript, history, tickets, ticketId }: TimelineSource): Line[] {
  const from = transcript.more ? (transcript.messages[0]?.receivedAt ?? 0) : 0
  const others = tickets.filter(({ ticket }) => ticket.mergedInto === ticketId)
  const along = new Set<InboxRow>()
  const identity = history.map((change): Line => {
    const ticket = others.find(
      (row) => change.kind === "merged" && Math.abs(row.ticket.updatedAt - change.at) < WITH_MERGE_MS,
    )
    if (ticket) along.add(ticket)
    const key = `${change.kind} ${change.at}`
    return { kind: "identity", key, at: change.at, change, ...(ticket && { ticketId: ticket.ticket.id }) }
  })
  const joined = others
    .filter((row) => !along.has(row))
    .map(
      ({ ticket }): Line => ({
        kind: "joined",
        key: `joined ${ticket.id}`,
        at: ticket.updatedAt,
        ticketId: ticket.id,
      }),
    )
  return [...identity, ...joined].filter(({ at }) => at >= from).sort((a, b) => a.at - b.at)
}

function together(a: Message, b: Message): boolean {
  return (
    a.author.type === b.author.type &&
    a.author.id === b.author.id &&
    a.internal === b.internal &&
    // [P4] The check mark is by each message: where it begins, a new run of messages begins.
    a.authenticated === b.authenticated &&
    b.receivedAt - a.receivedAt < TOGETHER_MS
  )
}
