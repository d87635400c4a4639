/**
 * Tickets (docs/protocol.md 5): one active per conversation, and how messages, assignments and agents change its status.
 * `closed` is final; `new` can never be set.
 */

import type { Millis, TicketId, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import { type Ticket, type TicketStatus, ticketStatus } from "../protocol/model.ts"
import type { Append, RankingChange } from "./change-set.ts"
import { subjectOf } from "./event-entries.ts"
import { hex } from "./position.ts"
import type { ConversationRecord, PreviousTicket, TicketRecord } from "./records.ts"

export const ALL_STATUSES: readonly TicketStatus[] = ticketStatus.options

export const isActive = (ticket: Pick<TicketRecord, "status">): boolean =>
  ticket.status !== "solved" && ticket.status !== "closed"

/** Who wrote: only users and agents move a ticket; bots and the system leave it as it is. */
export type AuthorType = "user" | "agent" | "bot" | "system"

/** In these statuses a message of the user opens the ticket again. */
const REOPENED: readonly TicketStatus[] = ["pending", "hold", "solved"]

/** The ticket after a message; the same object where nothing changes, `undefined` where there is none. */
export function afterMessage(
  ticket: TicketRecord | undefined,
  by: AuthorType,
  fresh: TicketId,
  now: Millis,
): TicketRecord | undefined {
  if (by === "user") {
    if (!ticket || ticket.status === "closed")
      return { id: fresh, status: "new", createdAt: now, updatedAt: now }
    return REOPENED.includes(ticket.status) ? changed(ticket, { status: "open" }, now) : ticket
  }
  if (by === "agent" && ticket?.status === "new") return changed(ticket, { status: "open" }, now)
  return ticket
}

export interface TicketCommand {
  readonly status?: TicketStatus | undefined
  /** `null`: no agent. */
  readonly assigneeId?: string | null | undefined
}

/** @throws HubError `bad_request` for `new`, `conflict` for a closed ticket */
export function applyTicketCommand(
  ticket: TicketRecord,
  { status, assigneeId }: TicketCommand,
  now: Millis,
): TicketRecord {
  if (status === "new") throw new HubError("bad_request", "status: new can never be set.")
  const same =
    (status === undefined || status === ticket.status) &&
    (assigneeId === undefined || (assigneeId ?? undefined) === ticket.assigneeId)
  if (same) return ticket
  if (ticket.status === "closed") throw new HubError("conflict", "The ticket is closed, and that is final.")
  const assigned = typeof assigneeId === "string"
  const { assigneeId: before, ...rest } = ticket
  const assignee = assigneeId === undefined ? before : (assigneeId ?? undefined)
  const next = status ?? (assigned && ticket.status === "new" ? "open" : ticket.status)
  return changed({ ...rest, ...(assignee !== undefined && { assigneeId: assignee }) }, { status: next }, now)
}

/** A new ticket follows a closed one, which stays on record. */
export function withTicket(
  { ticket, previousTickets = [] }: Pick<ConversationRecord, "ticket" | "previousTickets">,
  next: TicketRecord,
  now: Millis,
): Pick<ConversationRecord, "ticket" | "previousTickets"> {
  if (!ticket || ticket.id === next.id)
    return { ticket: next, ...(previousTickets.length > 0 && { previousTickets }) }
  return {
    ticket: next,
    previousTickets: [...previousTickets, { ...ticket, lastActivityAt: Math.min(ticket.updatedAt, now) }],
  }
}

/**
 * The tickets of a conversation once one of them was changed. A previous one stays previous, unless it is opened again.
 *
 * @param lastActivityAt of the conversation: kept with a ticket that another one follows
 * @param leftAt when the changed ticket was active last, where the record has no room for it and so does not say
 * @throws HubError `conflict` for a previous ticket that would be active beside the current one
 */
export function withChangedTicket(
  { ticket, previousTickets = [] }: Pick<ConversationRecord, "ticket" | "previousTickets">,
  after: TicketRecord,
  lastActivityAt: Millis,
  leftAt = lastActivityAt,
): Pick<ConversationRecord, "ticket" | "previousTickets"> {
  if (!ticket || ticket.id === after.id) return { ticket: after }
  if (!isActive(after)) {
    const own = previousTickets.find(({ id }) => id === after.id)
    const changed = { ...after, lastActivityAt: own?.lastActivityAt ?? leftAt }
    return {
      previousTickets: own
        ? previousTickets.map((one) => (one === own ? changed : one))
        : [...previousTickets, changed],
    }
  }
  if (isActive(ticket)) throw new HubError("conflict", "The conversation has another active ticket.")
  return {
    ticket: after,
    previousTickets: [...previousTickets.filter(({ id }) => id !== after.id), { ...ticket, lastActivityAt }],
  }
}

/** The ticket of a conversation that was folded into one with an active ticket of its own [4.2]. */
export const mergedAway = (ticket: TicketRecord, into: TicketId, now: Millis): TicketRecord =>
  changed(ticket, { status: "closed", mergedInto: into }, now)

/** `updatedAt` names a state of the ticket (`ifUpdatedAt`), so it rises with every change. */
function changed(
  ticket: TicketRecord,
  change: Partial<Pick<TicketRecord, "status" | "mergedInto">>,
  now: Millis,
): TicketRecord {
  return { ...ticket, ...change, updatedAt: Math.max(now, ticket.updatedAt + 1) }
}

export function ticketView(
  ticket: TicketRecord,
  home: Pick<ConversationRecord, "id" | "userId">,
  authenticated: boolean,
  lastActivityAt: Millis,
): Ticket {
  const { id, status, assigneeId, mergedInto, createdAt, updatedAt } = ticket
  return {
    id,
    conversationId: home.id,
    userId: home.userId,
    status,
    authenticated,
    ...(assigneeId !== undefined && { assigneeId }),
    ...(mergedInto !== undefined && { mergedInto }),
    createdAt,
    updatedAt,
    lastActivityAt,
  }
}

/** @param lastActivityAt `"now"`: the time of the entry that holds this event */
export function ticketEvent(
  ticket: TicketRecord,
  home: Pick<ConversationRecord, "id" | "userId">,
  authenticated: boolean,
  lastActivityAt: Millis | "now",
  type: "ticket:create" | "ticket:update" = "ticket:update",
): Append {
  return {
    to: "agents",
    payload: {
      kind: "ticket",
      type,
      subject: subjectOf(home, ticket),
      ticket: ticketView(ticket, home, authenticated, lastActivityAt === "now" ? 0 : lastActivityAt),
      active: lastActivityAt === "now",
    },
  }
}

/** The status of a conversation, as clients see it, by its ticket. */
export function conversationStatus(ticket: TicketRecord | undefined): "open" | "solved" | "closed" {
  return ticket?.status === "solved" || ticket?.status === "closed" ? ticket.status : "open"
}

/**
 * A ticket's member in the ranking `active`. Its score is the latest activity; members of equal score are ordered by name,
 * so the time of the last update stands first in it.
 */
export const activeMember = ({ id, updatedAt }: Pick<TicketRecord, "id" | "updatedAt">): string =>
  `${hex(updatedAt, 12)}${id}`

export const ticketOfMember = (member: string): TicketId => member.slice(12)

/**
 * Names the ranking of one agent's tickets of one status; `undefined`: of tickets without an agent. One ranking for each
 * status, so that a list of active tickets does not read through years of closed ones.
 */
export const assigneeRankingOf = (assignee: string | undefined, status: TicketStatus): string =>
  `${status}${assignee === undefined ? "" : `:${assignee}`}`

export const assigneeRanking = (ticket: TicketRecord): string =>
  assigneeRankingOf(ticket.assigneeId, ticket.status)

/** Whether a ticket is listed among those with a message that no agent has read. */
export const unreadRanking = (
  ticket: TicketRecord,
  unread: boolean,
  score: number | "now",
): RankingChange => ({
  of: "unread",
  name: "",
  member: ticket.id,
  score: unread && isActive(ticket) ? score : "out",
})

/**
 * How a ticket moves in the rankings. Without a `before` it enters them, without an `after` it leaves them; a ticket that
 * did not change only gets its new score.
 */
export function rankingChanges(
  userId: UserId,
  before: TicketRecord | undefined,
  after: TicketRecord | undefined,
  score: number | "now",
): RankingChange[] {
  if (before && before === after) return rankingEntries(userId, after, score)
  const old = before ? rankingEntries(userId, before, "out") : []
  const fresh = after ? rankingEntries(userId, after, score) : []
  const kept = new Set(fresh.map(nameOf))
  const over = before && isActive(before) && !(after && isActive(after))
  return [
    ...old.filter((entry) => !kept.has(nameOf(entry))),
    ...fresh,
    // A solved or closed ticket is never listed as unread.
    ...(over ? [unreadRanking(before, false, score)] : []),
  ]
}

/** How a previous ticket moves in the rankings: it is only in those of its status and assignee. */
export const previousRanking = (
  userId: UserId,
  { lastActivityAt: _, ...ticket }: PreviousTicket,
  score: number | "out",
): RankingChange[] => rankingEntries(userId, ticket, score)

const nameOf = ({ of, name, member }: RankingChange): string => `${of} ${name} ${member}`

function rankingEntries(
  userId: UserId,
  ticket: TicketRecord,
  score: number | "now" | "out",
): RankingChange[] {
  return [
    ...(isActive(ticket)
      ? [{ of: "active", name: userId, member: activeMember(ticket), score } as const]
      : []),
    { of: "status", name: ticket.status, member: ticket.id, score },
    { of: "assignee", name: assigneeRanking(ticket), member: ticket.id, score },
  ]
}
