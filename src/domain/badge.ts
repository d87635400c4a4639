/**
 * The green check mark of a ticket (docs/protocol.md 5): its user is authenticated, and it is among their 100 active
 * tickets that rank first. Decided from the head of one ranking, so the work does not grow with the number of tickets.
 */

import type { TicketId } from "../protocol/branded.ts"
import type { Ranked } from "./ranked.ts"
import { ticketOfMember } from "./ticket.ts"

export const MAX_BADGES = 100

/** How much of a user's ranking of active tickets a decision reads, for the ticket that changes is among them or not. */
export const RANKING_HEAD = MAX_BADGES + 2

/** A ticket leaves its rank, takes another, or both. `now` is later than everything ranked. */
export interface RankingMove {
  readonly leaves?: string | undefined
  readonly enters?: { readonly member: string; readonly score: number | "now" } | undefined
}

export interface BadgeChange {
  readonly ticketId: TicketId
  readonly authenticated: boolean
}

/** Up to so many active tickets all of an authenticated user's bear the badge: no ranking is read. */
export const needsRanking = (activeTickets: number): boolean => activeTickets > MAX_BADGES

/** The members that bear the badge, of a ranking's head in order. */
export const badgedTickets = (head: readonly Ranked[]): ReadonlySet<TicketId> =>
  new Set(head.slice(0, MAX_BADGES).map(({ member }) => ticketOfMember(member)))

export function afterMove(head: readonly Ranked[], { leaves, enters }: RankingMove): Ranked[] {
  const kept = head.filter(({ member }) => member !== leaves && member !== enters?.member)
  if (!enters) return kept
  const { member, score } = enters
  const entry = { member, score: score === "now" ? Number.POSITIVE_INFINITY : score }
  return [...kept, entry].sort(byRank)
}

const byRank = (a: Ranked, b: Ranked): number =>
  b.score === a.score ? (a.member < b.member ? 1 : -1) : b.score > a.score ? 1 : -1

/**
 * What agents have to be told: which tickets bear the badge now, and which no longer do.
 *
 * @param bearing the tickets that agents were told of as bearing it
 * @param head of the ranking
 */
export function badgeChanges(bearing: readonly TicketId[], head: readonly Ranked[]): BadgeChange[] {
  const had = new Set(bearing)
  const has = badgedTickets(head)
  const lost = bearing.filter((ticketId) => !has.has(ticketId))
  const won = [...has].filter((ticketId) => !had.has(ticketId))
  return [
    ...lost.map((ticketId) => ({ ticketId, authenticated: false })),
    ...won.map((ticketId) => ({ ticketId, authenticated: true })),
  ]
}
