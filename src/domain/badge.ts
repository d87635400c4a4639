/**
 * The green check mark of a ticket (docs/protocol.md 5): its user is authenticated, and it is among their 100 active
 * tickets that rank first. Decided from the head of one ranking, so the work does not grow with the number of tickets.
 */
import type { TicketId } from "../protocol/branded.ts"
import type { Append, ChangeSet } from "./change-set.ts"
import { ticketOfMember } from "./ticket.ts"

export const MAX_BADGES = 100

/** How much of a user's ranking of active tickets a decision reads: one change moves at most one ticket past the border. */
export const RANKING_HEAD = MAX_BADGES + 2

export interface RankedTicket {
  readonly member: string
  readonly score: number
}

/** A ticket leaves its rank, takes another, or both. `now` is later than everything ranked. */
export interface RankingMove {
  readonly leaves?: string | undefined
  readonly enters?: { readonly member: string; readonly score: number | "now" } | undefined
}

export interface BadgeChange {
  readonly ticketId: TicketId
  readonly authenticated: boolean
}

export interface BadgeOutcome {
  /** Whether the changed ticket bears the badge afterwards, and whether that is a change. */
  readonly own: boolean
  readonly changed: boolean
  /** The badges of the user's other tickets depend on this change: their record must be written again in the same commit. */
  readonly decisive: boolean
  /** `ticket:update` for the other tickets whose badge changed with it. */
  readonly append: readonly Append[]
  /** Those tickets as they were read: the events state them whole, so they must not have changed since. */
  readonly expect: NonNullable<ChangeSet["expect"]>
}

/** Up to so many active tickets all of an authenticated user's bear the badge: no ranking is read. */
export const needsRanking = (activeTickets: number): boolean => activeTickets > MAX_BADGES

/** The members that bear the badge, of a ranking's head in order. */
export const badgedTickets = (head: readonly RankedTicket[]): ReadonlySet<string> =>
  new Set(head.slice(0, MAX_BADGES).map(({ member }) => ticketOfMember(member)))

export function afterMove(head: readonly RankedTicket[], { leaves, enters }: RankingMove): RankedTicket[] {
  const kept = head.filter(({ member }) => member !== leaves && member !== enters?.member)
  if (!enters) return kept
  const { member, score } = enters
  const entry = { member, score: score === "now" ? Number.POSITIVE_INFINITY : score }
  return [...kept, entry].sort(byRank)
}

const byRank = (a: RankedTicket, b: RankedTicket): number =>
  b.score === a.score ? (a.member < b.member ? 1 : -1) : b.score > a.score ? 1 : -1

/**
 * Whether another ticket is now the last with a badge or the first without one: decisions about other tickets depend on
 * nothing else.
 */
export const borderMoved = (before: readonly RankedTicket[], after: readonly RankedTicket[]): boolean =>
  [MAX_BADGES - 1, MAX_BADGES].some((k) => ticketAt(before, k) !== ticketAt(after, k))

const ticketAt = (ranking: readonly RankedTicket[], k: number): string | undefined => {
  const entry = ranking[k]
  return entry && ticketOfMember(entry.member)
}

/** The tickets whose badge a change of order gave or took. */
export function badgeChanges(before: readonly RankedTicket[], after: readonly RankedTicket[]): BadgeChange[] {
  const had = badgedTickets(before)
  const has = badgedTickets(after)
  const lost = [...had].filter((ticketId) => !has.has(ticketId))
  const won = [...has].filter((ticketId) => !had.has(ticketId))
  return [
    ...lost.map((ticketId) => ({ ticketId, authenticated: false })),
    ...won.map((ticketId) => ({ ticketId, authenticated: true })),
  ]
}
