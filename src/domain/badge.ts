/**
 * The green check mark of a ticket (docs/protocol.md 5): its user is authenticated, and it is among his 100 active tickets
 * that rank first. Decided from the head of one ranking, so the work does not grow with the number of tickets.
 */
import type { TicketId } from "../protocol/branded.ts"
import type { Append, ChangeSet } from "./change-set.ts"
import { ticketOfMember } from "./ticket.ts"

export const MAX_BADGES = 100

/** The head of a user's ranking of active tickets that a decision needs: one change moves at most one place over. */
export const RANKING_HEAD = MAX_BADGES + 2

export interface RankedTicket {
  readonly member: string
  readonly score: number
}

/** A ticket leaves its place, takes another, or both. `now` is later than everything ranked. */
export interface RankingMove {
  readonly leaves?: string | undefined
  readonly enters?: { readonly member: string; readonly score: number | "now" } | undefined
}

export interface BadgeChange {
  readonly ticketId: TicketId
  readonly authenticated: boolean
}

export interface BadgeOutcome {
  /** Whether the changed ticket bears the mark afterwards, and whether that is news. */
  readonly own: boolean
  readonly changed: boolean
  /** Decisions about his other tickets look at what this one changes: his record must be put anew in the same commit. */
  readonly decisive: boolean
  /** `ticket:update` for the tickets whose mark moved with it. */
  readonly append: readonly Append[]
  /** Those tickets as they were read: what is told of them must still be so. */
  readonly expect: NonNullable<ChangeSet["expect"]>
}

/** Up to so many active tickets all of an authenticated user's are marked, and nobody has to look. */
export const needsRanking = (activeTickets: number): boolean => activeTickets > MAX_BADGES

/** The members that bear the mark, of a ranking's head in order. */
export const badgedTickets = (head: readonly RankedTicket[]): ReadonlySet<string> =>
  new Set(head.slice(0, MAX_BADGES).map(({ member }) => ticketOfMember(member)))

export function afterMove(head: readonly RankedTicket[], { leaves, enters }: RankingMove): RankedTicket[] {
  const kept = head.filter(({ member }) => member !== leaves && member !== enters?.member)
  if (!enters) return kept
  const { member, score } = enters
  const place = { member, score: score === "now" ? Number.POSITIVE_INFINITY : score }
  return [...kept, place].sort(byRank)
}

const byRank = (a: RankedTicket, b: RankedTicket): number =>
  b.score === a.score ? (a.member < b.member ? 1 : -1) : b.score > a.score ? 1 : -1

/**
 * Whether the last place with a mark or the first without one is another ticket's now: all that decisions about other
 * tickets look at.
 */
export const borderMoved = (before: readonly RankedTicket[], after: readonly RankedTicket[]): boolean =>
  [MAX_BADGES - 1, MAX_BADGES].some((k) => ticketAt(before, k) !== ticketAt(after, k))

const ticketAt = (ranking: readonly RankedTicket[], k: number): string | undefined => {
  const place = ranking[k]
  return place && ticketOfMember(place.member)
}

/** Whose mark a change of order moved. */
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
