/** Reading and telling check marks: the rankings of `domain/mark.ts` with the tickets that agents are told about. */
import type { Append, ChangeSet, HeadPrecondition } from "../domain/change-set.ts"
import type { Plan } from "../domain/folding.ts"
import {
  afterChange,
  borderMoved,
  type Flip,
  flips,
  HEAD,
  MARKS,
  type MarkChange,
  markedMembers,
  needsRanking,
  type Place,
} from "../domain/mark.ts"
import type { Estate, MergeMarks, Survivor } from "../domain/merge.ts"
import { isAuthenticated } from "../domain/person.ts"
import type { TicketRecord, UserRecord } from "../domain/records.ts"
import { isActive, markMember, tellTicket, ticketOfMember } from "../domain/ticket.ts"
import type { App } from "./app.ts"
import type { Space } from "./memory.ts"
import { type Place as ConversationPlace, findConversation } from "./stories.ts"

/** A ticket with the conversation it stands in. */
export interface TicketPlace extends ConversationPlace {
  readonly ticket: TicketRecord
  /** Set for a ticket whose conversation has another one by now. */
  readonly lastActivityAt?: number
}

/** [P5] The ticket with this id, wherever its conversation went. */
export async function findTicket(app: App, id: string): Promise<TicketPlace | undefined> {
  const pointer = (await app.birthplace(id)?.get("ticket", id))?.value
  const place = pointer && (await findConversation(app, pointer.conversationId))
  if (!pointer || !place) return undefined
  const { ticket, past = [] } = place.record
  if (ticket?.id === id) return { ...place, ticket }
  const before = past.find((one) => one.id === id)
  if (!before) return undefined
  const { lastActivityAt, ...left } = before
  return { ...place, ticket: left, lastActivityAt }
}

/** The head of a user's ranking, where it takes one to know his marks. */
export async function headOf(
  space: Space,
  user: UserRecord,
  more = 0,
): Promise<readonly Place[] | undefined> {
  if (!isAuthenticated(user) || !needsRanking((user.activeTickets ?? 0) + more)) return undefined
  return space.rank("active", user.id, { limit: HEAD })
}

/** Which of a user's tickets bear the mark now. */
export async function markedOf(space: Space, user: UserRecord): Promise<(ticket: TicketRecord) => boolean> {
  if (!isAuthenticated(user)) return () => false
  const head = await headOf(space, user)
  const marked = head && markedMembers(head)
  return (ticket) => isActive(ticket) && (marked === undefined || marked.has(ticket.id))
}

export const isMarked = async (space: Space, user: UserRecord, ticket: TicketRecord): Promise<boolean> =>
  (await markedOf(space, user))(ticket)

export interface MarkOutcome {
  /** Whether the changed ticket bears the mark afterwards, and whether that is news. */
  readonly own: boolean
  readonly flipped: boolean
  /** Decisions about his other tickets look at what this one changes: his record must be put anew in the same commit. */
  readonly decisive: boolean
  /** `ticket:update` for the tickets whose mark moved with it. */
  readonly append: readonly Append[]
  /** Those tickets as they were read: what is told of them must still be so. */
  readonly expect: NonNullable<ChangeSet["expect"]>
}

/**
 * What one ticket's change does to the marks of its user. Two changes must not both be decided on the same order where
 * one matters to the other.
 *
 * @param more active tickets that this change adds to the user's record
 */
export async function markChange(
  app: App,
  space: Space,
  user: UserRecord,
  change: MarkChange,
  more: number,
): Promise<MarkOutcome> {
  const entered = change.enters && ticketOfMember(change.enters.member)
  const head = await headOf(space, user, Math.max(0, more))
  if (!head)
    return {
      own: isAuthenticated(user) && entered !== undefined,
      flipped: false,
      decisive: false,
      append: [],
      expect: [],
    }
  const after = afterChange(head, change)
  const all = flips(head, after)
  const self = entered ?? (change.leaves && ticketOfMember(change.leaves))
  const others = all.filter(({ ticketId }) => ticketId !== self)
  return {
    own: entered !== undefined && markedMembers(after).has(entered),
    flipped: all.length > 0,
    decisive: borderMoved(head, after),
    ...(await tellFlips(app, head, others)),
  }
}

/** `ticket:update` for tickets that changed nothing but their mark. */
export async function tellFlips(
  app: App,
  head: readonly Place[],
  moved: readonly Flip[],
): Promise<Pick<MarkOutcome, "expect" | "append">> {
  const told = await Promise.all(
    moved.map(async ({ ticketId, authenticated }) => {
      const found = await findTicket(app, ticketId)
      const score = head.find(({ member }) => ticketOfMember(member) === ticketId)?.score ?? 0
      if (!found) return []
      return [{ held: found.versioned, row: tellTicket(found.ticket, found.record, authenticated, score) }]
    }),
  )
  const flat = told.flat()
  return { expect: flat.map(({ held }) => held), append: flat.map(({ row }) => row) }
}

/** All tickets that bear the mark once their user is authenticated: what an upgrade tells. */
export async function markAll(
  app: App,
  space: Space,
  user: UserRecord,
): Promise<Pick<ChangeSet, "expect" | "heads" | "append">> {
  if (!user.activeTickets) return {}
  const heads = await orderIs(space, user, 0)
  const head = await space.rank("active", user.id, { limit: MARKS })
  const all = head.map(({ member }) => ({ ticketId: ticketOfMember(member), authenticated: true }))
  return { heads, ...(await tellFlips(app, head, all)) }
}

/** Whatever moves a ticket of his is told in his feed: while nothing is, the order is what it was. */
async function orderIs(space: Space, user: UserRecord, more: number): Promise<HeadPrecondition[]> {
  if (!needsRanking((user.activeTickets ?? 0) + more)) return []
  return [{ of: "feed", log: user.id, n: (await space.feedHead(user.id))?.n ?? 0 }]
}

/**
 * The marks after a merge: what the survivor has and what comes to him, ranked together. Told of the survivor's own
 * are those that had the mark and lose it; what comes is told by the merge itself.
 */
export async function marksAfterMerge(
  app: App,
  space: Space,
  survivor: Survivor,
  discarded: Estate,
  course: Plan,
): Promise<MergeMarks> {
  const proven = isAuthenticated(survivor.record) || isAuthenticated(discarded.record)
  if (!proven) return { marked: () => false, append: [], expect: [], heads: [] }
  const coming = course.tickets
    .filter(({ after }) => isActive(after))
    .map(({ after, lastActivityAt }) => ({ member: markMember(after), score: lastActivityAt }))
  const heads = await orderIs(space, survivor.record, coming.length)
  const own = await space.rank("active", survivor.record.id, { limit: MARKS })
  const after = coming.reduce<readonly Place[]>((head, enters) => afterChange(head, { enters }), own)
  const before = isAuthenticated(survivor.record) ? own : []
  const ids = new Set(own.map(({ member }) => ticketOfMember(member)))
  const moved = flips(before, after).filter(({ ticketId }) => ids.has(ticketId))
  const marked = markedMembers(after)
  return { marked: (ticketId) => marked.has(ticketId), heads, ...(await tellFlips(app, own, moved)) }
}
