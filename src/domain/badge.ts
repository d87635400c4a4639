/**
 * The green check mark of a ticket (docs/protocol.md 5): its user is authenticated, and it is among their 100 active
 * tickets that rank first. Decided from the head of one ranking, so the work does not grow with the number of tickets.
 */

import type { TicketId } from "../protocol/branded.ts"
import type { Ranked } from "./ranked.ts"
import { ticketOfMember } from "./ticket.ts"

export const MAX_BADGES = 100

/**
 * Tickets that a decision reads of a user's ranking: those with a badge, the changed one, and the one that may take its
 * badge.
 */
export const RANKING_HEAD = MAX_BADGES + 2

/** A ticket leaves its rank, takes another one, or both. A score of `"now"` is higher than all that are stored. */
export interface RankingMove {
  readonly leaves?: string | undefined
  readonly enters?: { readonly member: string; readonly score: number | "now" } | undefined
}

export interface BadgeChange {
  readonly ticketId: TicketId
  readonly authenticated: boolean
}

/** Whether a ranking has to be read: with few active tickets, all of an authenticated user's tickets bear the badge. */
export const needsRanking = (activeTickets: number): boolean => activeTickets > MAX_BADGES

/** The tickets that bear the badge, by the first members of the ranking in their order. */
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
 * @param bearing the tickets that agents know as bearing the badge
 * @param head the first members of the ranking, at least `MAX_BADGES` where there are so many
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
