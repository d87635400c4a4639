/** Loads the rankings for the rules of `domain/badge.ts`, and the tickets for the events about badges. */

import {
  afterMove,
  type BadgeChange,
  badgeChanges,
  badgedTickets,
  MAX_BADGES,
  needsRanking,
  RANKING_HEAD,
  type RankingMove,
} from "../domain/badge.ts"
import type { Append, ChangeSet, Expected, HeadPrecondition } from "../domain/change-set.ts"
import type { UserData } from "../domain/discarded-user.ts"
import type { MergePlan } from "../domain/fold.ts"
import type { MergeBadges, Survivor } from "../domain/merge.ts"
import type { Ranked } from "../domain/ranked.ts"
import type { PreviousTicket, TicketRecord, UserRecord } from "../domain/records.ts"
import { activeMember, isActive, ticketEvent, ticketOfMember } from "../domain/ticket.ts"
import { isAuthenticated } from "../domain/user.ts"
import type { TicketId } from "../protocol/branded.ts"
import type { Partition } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { type ResolvedConversation as ConversationPlace, resolveConversation } from "./conversation-lookup.ts"

/** A ticket with its conversation. */
export interface ResolvedTicket extends ConversationPlace {
  readonly ticket: TicketRecord
  /** When it was active last, Unix milliseconds; set for a previous ticket of its conversation. */
  readonly lastActivityAt?: number
}

export interface FoundTicket extends ResolvedTicket {
  /**
   * The partition whose rankings count for it: the conversation's, but for an old ticket that the record has no room for. That
   * one stays in its partition when the conversation moves.
   */
  readonly heldIn: Partition
}

/** [P5] The ticket with this id, wherever its conversation went. */
export async function resolveTicket(
  app: App,
  id: TicketId,
  reads = new ReadSet(),
): Promise<FoundTicket | undefined> {
  const home = app.homePartition(id)
  const pointer = home && (await reads.get(home, "ticket", id)).value
  const place = pointer && (await resolveConversation(app, pointer.conversationId, reads))
  if (!pointer || !place) return undefined
  const { ticket, previousTickets = [] } = place.record
  if (ticket?.id === id) return { ...place, ticket, heldIn: place.partition }
  const kept = previousTickets.find((one) => one.id === id)
  const found = kept
    ? { previous: kept, heldIn: place.partition }
    : await olderTicket(app, id, place.partition, reads)
  if (!found) return undefined
  const { lastActivityAt, ...left } = found.previous
  return { ...place, ticket: left, lastActivityAt, heldIn: found.heldIn }
}

/**
 * A previous ticket that the conversation's record has no room for: in the conversation's partition, or in one where it lived
 * before. Several partitions may hold states of it; the one that was updated last counts.
 */
async function olderTicket(
  app: App,
  id: TicketId,
  partition: Partition,
  reads: ReadSet,
): Promise<{ readonly previous: PreviousTicket; readonly heldIn: Partition } | undefined> {
  const held = await Promise.all(
    [...new Set([partition, ...app.partitions])].map(async (heldIn) => {
      const previous = (await reads.get(heldIn, "ticket", id)).value?.previous
      return previous && { previous, heldIn }
    }),
  )
  return held
    .filter((one) => one !== undefined)
    .reduce<(typeof held)[number]>(
      (latest, one) => (latest && latest.previous.updatedAt >= one.previous.updatedAt ? latest : one),
      undefined,
    )
}

/** The first members of a user's ranking of active tickets; `undefined` where the badges do not depend on it. */
async function rankingHead(
  partition: Partition,
  user: UserRecord,
  more = 0,
): Promise<readonly Ranked[] | undefined> {
  if (!isAuthenticated(user) || !needsRanking((user.activeTickets ?? 0) + more)) return undefined
  return partition.rank("active", user.id, { limit: RANKING_HEAD })
}

/** A test that tells which of a user's tickets bear the badge now. */
export async function badgeTest(
  partition: Partition,
  user: UserRecord,
): Promise<(ticket: TicketRecord) => boolean> {
  if (!isAuthenticated(user)) return () => false
  const head = await rankingHead(partition, user)
  const bearing = head && badgedTickets(head)
  return (ticket) => isActive(ticket) && (bearing === undefined || bearing.has(ticket.id))
}

export const bearsBadge = async (
  partition: Partition,
  user: UserRecord,
  ticket: TicketRecord,
): Promise<boolean> => (await badgeTest(partition, user))(ticket)

/**
 * Whether a ticket bears the badge after a change of its rank. What that does to the user's other tickets is told
 * afterwards (`tell-badges.ts`).
 *
 * @param more active tickets that this change adds to the user's record
 */
export async function bearsBadgeAfter(
  partition: Partition,
  user: UserRecord,
  change: RankingMove,
  more: number,
): Promise<boolean> {
  if (!change.enters || !isAuthenticated(user)) return false
  const head = await rankingHead(partition, user, Math.max(0, more))
  return !head || badgedTickets(afterMove(head, change)).has(ticketOfMember(change.enters.member))
}

/** `ticket:update` events for tickets of which only the badge changed, and the records that they rest on. */
async function badgeEvents(
  app: App,
  head: readonly Ranked[],
  moved: readonly BadgeChange[],
): Promise<{ readonly expect: readonly Expected[]; readonly append: readonly Append[] }> {
  const perTicket = await Promise.all(
    moved.map(async ({ ticketId, authenticated }) => {
      const found = await resolveTicket(app, ticketId)
      const score = head.find(({ member }) => ticketOfMember(member) === ticketId)?.score ?? 0
      if (!found) return []
      return [
        { versioned: found.versioned, row: ticketEvent(found.ticket, found.record, authenticated, score) },
      ]
    }),
  )
  const flat = perTicket.flat()
  return { expect: flat.map(({ versioned }) => versioned), append: flat.map(({ row }) => row) }
}

/** The tickets that bear the badge once their user is authenticated, and the events about them: part of an upgrade. */
export async function badgesOfUpgrade(
  app: App,
  partition: Partition,
  user: UserRecord,
): Promise<Pick<ChangeSet, "expect" | "append">> {
  if (!user.activeTickets) return {}
  const head = await partition.rank("active", user.id, { limit: MAX_BADGES })
  const all = head.map(({ member }) => ({ ticketId: ticketOfMember(member), authenticated: true }))
  return badgeEvents(app, head, all)
}

/** Every move in the ranking appends to the user's feed, so as long as the feed's head is the same, the order is too. */
async function orderPrecondition(
  partition: Partition,
  user: UserRecord,
  more: number,
): Promise<HeadPrecondition[]> {
  if (!needsRanking((user.activeTickets ?? 0) + more)) return []
  return [{ of: "feed", log: user.id, n: (await partition.feedHead(user.id))?.n ?? 0 }]
}

/**
 * The badges after a merge: the survivor's tickets and the moved ones, ranked together. The events here are about the
 * survivor's own tickets whose badge changes; the moved ones have events of their own in the import.
 */
export async function badgesAfterMerge(
  app: App,
  partition: Partition,
  survivor: Survivor,
  discarded: UserData,
  plan: MergePlan,
): Promise<MergeBadges> {
  const proven = isAuthenticated(survivor.record) || isAuthenticated(discarded.record)
  if (!proven) return { bearsBadge: () => false, append: [], expect: [], heads: [] }
  const coming = plan.tickets
    .filter(({ after }) => isActive(after))
    .map(({ after, lastActivityAt }) => ({ member: activeMember(after), score: lastActivityAt }))
  if (coming.length === 0 && !survivor.record.activeTickets)
    return { bearsBadge: () => false, append: [], expect: [], heads: [] }
  const all = (survivor.record.activeTickets ?? 0) + coming.length
  if (isAuthenticated(survivor.record) && !needsRanking(all))
    return { bearsBadge: () => true, append: [], expect: [], heads: [] }
  const heads = await orderPrecondition(partition, survivor.record, coming.length)
  const own = await partition.rank("active", survivor.record.id, { limit: MAX_BADGES })
  const after = coming.reduce<readonly Ranked[]>((head, enters) => afterMove(head, { enters }), own)
  const before = isAuthenticated(survivor.record) ? own : []
  const ids = new Set(own.map(({ member }) => ticketOfMember(member)))
  const earlier = before.slice(0, MAX_BADGES).map(({ member }) => ticketOfMember(member))
  const moved = badgeChanges(earlier, after).filter(({ ticketId }) => ids.has(ticketId))
  const bearing = badgedTickets(after)
  return { bearsBadge: (ticketId) => bearing.has(ticketId), heads, ...(await badgeEvents(app, own, moved)) }
}
