/**
 * The green check mark of a ticket (PROTOCOL 5): its user is authenticated, and it is among his 100 active tickets
 * that rank first. Decided from the head of one ranking, so the work does not grow with the number of tickets.
 */
import { ticketOfMember } from "./ticket.ts"

export const MARKS = 100

/** The head of a user's ranking of active tickets that a decision needs: one change moves at most one place over. */
export const HEAD = MARKS + 2

export interface Place {
  readonly member: string
  readonly score: number
}

/** A ticket leaves its place, takes another, or both. `now` is later than everything ranked. */
export interface MarkChange {
  readonly leaves?: string | undefined
  readonly enters?: { readonly member: string; readonly score: number | "now" } | undefined
}

export interface Flip {
  readonly ticketId: string
  readonly authenticated: boolean
}

/** Up to so many active tickets all of an authenticated user's are marked, and nobody has to look. */
export const needsRanking = (activeTickets: number): boolean => activeTickets > MARKS

/** The members that bear the mark, of a ranking's head in order. */
export const markedMembers = (head: readonly Place[]): ReadonlySet<string> =>
  new Set(head.slice(0, MARKS).map(({ member }) => ticketOfMember(member)))

export function afterChange(head: readonly Place[], { leaves, enters }: MarkChange): Place[] {
  const kept = head.filter(({ member }) => member !== leaves && member !== enters?.member)
  if (!enters) return kept
  const { member, score } = enters
  const place = { member, score: score === "now" ? Number.POSITIVE_INFINITY : score }
  return [...kept, place].sort(firstFirst)
}

const firstFirst = (a: Place, b: Place): number =>
  b.score === a.score ? (a.member < b.member ? 1 : -1) : b.score > a.score ? 1 : -1

/**
 * Whether the last place with a mark or the first without one is another ticket's now: all that decisions about other
 * tickets look at.
 */
export const borderMoved = (before: readonly Place[], after: readonly Place[]): boolean =>
  [MARKS - 1, MARKS].some((k) => nameAt(before, k) !== nameAt(after, k))

const nameAt = (order: readonly Place[], k: number): string | undefined => {
  const place = order[k]
  return place && ticketOfMember(place.member)
}

/** Whose mark a change of order moved. */
export function flips(before: readonly Place[], after: readonly Place[]): Flip[] {
  const had = markedMembers(before)
  const has = markedMembers(after)
  const lost = [...had].filter((ticketId) => !has.has(ticketId))
  const won = [...has].filter((ticketId) => !had.has(ticketId))
  return [
    ...lost.map((ticketId) => ({ ticketId, authenticated: false })),
    ...won.map((ticketId) => ({ ticketId, authenticated: true })),
  ]
}
