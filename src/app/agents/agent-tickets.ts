/** An agent works on tickets: lists them, opens one, assigns it, sets its status (docs/protocol.md 5, 6). */
import type { RankingOf } from "../../domain/change-set.ts"
import { pageCursorOf, parsePageCursor } from "../../domain/cursor.ts"
import { applyTicketCommand, assigneeRankingOf, isActive, ticketView } from "../../domain/ticket.ts"
import { ticketUpdateChangeSet, updatedTicket } from "../../domain/ticket-update.ts"
import type { AgentBody, AgentResult, ListedTicket } from "../../protocol/agent.ts"
import { HubError } from "../../protocol/errors.ts"
import type { TicketStatus } from "../../protocol/model.ts"
import { ReadSet } from "../../repository/read-set.ts"
import { AGAIN, exhausted, transact } from "../../repository/transact.ts"
import type { Ranked } from "../../store/contract.ts"
import type { App } from "../app.ts"
import { decideBadges, type ResolvedTicket, resolveTicket } from "../badges.ts"
import { loadConversationState, MAX_HOPS, showConversation } from "../conversation-lookup.ts"
import { FRAME_BUDGET, latestThatFit, sizeOf } from "../frame-budget.ts"
import { resolveUser, settleConversation } from "../merge-users.ts"
import { logsOf, pageBefore } from "../message-history.ts"
import { ifShowable } from "../showable.ts"
import { isExact, tellAgain } from "../tell-again.ts"
import { type Online, showAgentUser, showTicket } from "./agent-views.ts"

const ALL: readonly TicketStatus[] = ["new", "open", "pending", "hold", "solved", "closed"]
const MESSAGES = 50

/** [P5] An unfinished merge of the ticket's user is finished first; the id of a merged user leads to the survivor. */
async function demandTicket(app: App, ticketId: string, reads = new ReadSet()): Promise<ResolvedTicket> {
  let id = ticketId
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const found = await resolveTicket(app, id, reads)
    if (found) await settleConversation(app, found.record.id, reads)
    const settled = await resolveTicket(app, id, reads)
    if (!settled) throw new HubError("not_found", "No such ticket.")
    if (settled.ticket.mergedInto === undefined) return settled
    id = settled.ticket.mergedInto
  }
  throw exhausted(app.contention, "ticket:resolve", MAX_HOPS)
}

export async function getTicket(
  app: App,
  { ticketId }: AgentBody<"ticket:get">,
  online: Online,
): Promise<AgentResult<"ticket:get">> {
  const place = await demandTicket(app, ticketId)
  const person = await resolveUser(app, place.record.userId)
  if (!person) throw new HubError("not_found", "No such ticket.")
  const [ticket, user, conversation, page] = await Promise.all([
    showTicket(app, place),
    showAgentUser(person.partition, person.record, online),
    showConversation(app, place, 0, "business"),
    pageBefore(logsOf(app, place.partition, place.record), place.record.id, "business", MESSAGES),
  ])
  return { ticket, user, conversation, messages: latestThatFit(page.messages, FRAME_BUDGET / 2) }
}

/** @throws HubError `conflict` if a colleague was faster (`ifUpdatedAt`), or the ticket is closed */
export function updateTicket(
  app: App,
  { ticketId, status, assigneeId, ifUpdatedAt }: AgentBody<"ticket:update">,
  now: number,
): Promise<AgentResult<"ticket:update">> {
  return transact(app, "ticket:update", async (reads, tries) => {
    const place = await demandTicket(app, ticketId, reads)
    const { record, ticket: before, partition } = place
    const owner = await resolveUser(app, record.userId, reads)
    if (owner?.record.id !== record.userId) return AGAIN
    if (ifUpdatedAt !== undefined && before.updatedAt !== ifUpdatedAt)
      throw new HubError("conflict", "The ticket has changed since.")
    const after = applyTicketCommand(before, { status, assigneeId }, now)
    if (after === before) return { answer: { ticket: await showTicket(app, place) } }

    const state = await loadConversationState(app, place, reads)
    const update = updatedTicket(state, before, after, place.lastActivityAt)
    const badges = await decideBadges(app, partition, owner.record, update.move, update.more)
    return {
      partition,
      changeSet: ticketUpdateChangeSet(owner, state, update, badges, isExact(tries)),
      committed() {
        if (!isExact(tries)) tellAgain(app, record.id)
        return { ticket: ticketView(after, record, badges.own, update.lastActivityAt) }
      },
    }
  })
}

/** How many tickets a page looks at that do not belong on it: then it ends early, with `next`. */
const MAX_PASSED_OVER = 300

type Ranking = { readonly of: RankingOf; readonly name: string }

/** The rankings to read: of their tickets only some are wanted where the request names an assignee or unread ones. */
function rankingsOf(
  { assignee, unread }: AgentBody<"ticket:list">,
  status: readonly TicketStatus[],
  agentId: string,
): readonly Ranking[] {
  if (unread) return [{ of: "unread", name: "" }]
  if (assignee === undefined) return status.map((name) => ({ of: "status", name }))
  const whose = assignee === "me" ? agentId : assignee
  const kinds = [...new Set(status.map((one) => isActive({ status: one })))]
  return kinds.map((active) => ({ of: "assignee", name: assigneeRankingOf(whose, active) }))
}

/** Latest activity first, over all partitions: each ranking continues where the last page ended. */
export async function listTickets(
  app: App,
  body: AgentBody<"ticket:list">,
  agentId: string,
  online: Online,
): Promise<AgentResult<"ticket:list">> {
  const { status = [...ALL], assignee, unread, withUnread, before, limit = 25 } = body
  const rankings = rankingsOf(body, status, agentId)
  const whose = assignee === "me" ? agentId : assignee === "none" ? undefined : assignee
  const fits = ({ ticket }: ResolvedTicket): boolean =>
    status.includes(ticket.status) && (assignee === undefined || ticket.assigneeId === whose)
  const counted = unread ?? withUnread ?? false
  const listed: ListedTicket[] = []
  let budget = FRAME_BUDGET
  let passedOver = 0
  let place = before === undefined ? undefined : parsePageCursor(before)
  for (;;) {
    const from = place
    const pages = await Promise.all(
      app.partitions.flatMap((partition) =>
        rankings.map(({ of, name }) => partition.rank(of, name, { ...(from && { before: from }), limit })),
      ),
    )
    const page = pages.flat().sort(latestFirst).slice(0, limit)
    for (const { member, score } of page) {
      const found = await ifShowable(app, "ticket", member, async () => {
        const ticket = await resolveTicket(app, member)
        return ticket && fits(ticket) ? listTicket(app, ticket, score, online, counted) : undefined
      })
      const shown = found && (!unread || found.unreadCount !== 0) ? found : undefined
      budget -= shown ? sizeOf(shown) + 1 : 0
      // A ticket that does not fit into the frame begins the next page.
      if (budget < 0 && place && listed.length > 0) return { tickets: listed, next: pageCursorOf(place) }
      place = { member, score }
      if (shown) listed.push(shown)
      else passedOver += 1
      if (listed.length === limit || passedOver === MAX_PASSED_OVER)
        return { tickets: listed, next: pageCursorOf(place) }
    }
    if (page.length < limit) return { tickets: listed }
  }
}

const latestFirst = (a: Ranked, b: Ranked): number => b.score - a.score || (a.member < b.member ? 1 : -1)

async function listTicket(
  app: App,
  place: ResolvedTicket,
  score: number,
  online: Online,
  counted: boolean,
): Promise<ListedTicket | undefined> {
  const person = await resolveUser(app, place.record.userId)
  if (!person) return undefined
  const [ticket, user, { lastMessage, unreadCount }] = await Promise.all([
    showTicket(app, { ...place, lastActivityAt: score }),
    showAgentUser(person.partition, person.record, online),
    showConversation(app, place, 0, "business"),
  ])
  return { ...ticket, user, ...(lastMessage && { lastMessage }), ...(counted && { unreadCount }) }
}

/** How many tickets there are of each kind that agents list. */
export async function countTickets(app: App, agentId: string): Promise<AgentResult<"ticket:count">> {
  const size = async (of: RankingOf, name: string): Promise<number> => {
    const sizes = await Promise.all(app.partitions.map((partition) => partition.size(of, name)))
    return sizes.reduce((sum, one) => sum + one, 0)
  }
  const [fresh, open, pending, hold, mine, unassigned, unread] = await Promise.all([
    size("status", "new"),
    size("status", "open"),
    size("status", "pending"),
    size("status", "hold"),
    size("assignee", assigneeRankingOf(agentId, true)),
    size("assignee", assigneeRankingOf("none", true)),
    size("unread", ""),
  ])
  return { counts: { new: fresh, open, pending, hold, mine, unassigned, unread } }
}
