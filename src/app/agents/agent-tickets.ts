/** An agent works on tickets: opens one, assigns it, sets its status (docs/protocol.md 5, 6). */

import { applyTicketCommand, ticketView } from "../../domain/ticket.ts"
import { ticketUpdateChangeSet, updatedTicket } from "../../domain/ticket-update.ts"
import type { AgentBody, AgentResult } from "../../protocol/agent.ts"
import type { TicketId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"
import { ReadSet } from "../../repository/read-set.ts"
import { AGAIN, exhausted, transact } from "../../repository/transact.ts"
import type { App } from "../app.ts"
import { loadConversationState, MAX_HOPS } from "../conversation-lookup.ts"
import { FRAME_BUDGET, latestThatFit } from "../frame-budget.ts"
import { bearsBadgeAfter, type ResolvedTicket, resolveTicket } from "../load-badges.ts"
import { resolveUser, settleConversation } from "../merge-users.ts"
import { logsOf, pageBefore } from "../message-history.ts"
import { showConversation } from "../show-conversations.ts"
import { isExact, tellAgain } from "../tell-again.ts"
import { movesBadges, tellBadges } from "../tell-badges.ts"
import { type Online, showAgentUser, showTicket } from "./agent-views.ts"

const MESSAGES = 50

/**
 * [P5] The ticket that an id means today: a ticket that was merged away leads to the one it was merged into. An unfinished
 * merge of its user is finished first.
 */
async function demandTicket(app: App, ticketId: TicketId, reads = new ReadSet()): Promise<ResolvedTicket> {
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
    const badge = await bearsBadgeAfter(partition, owner.record, update.move, update.more)
    return {
      partition,
      changeSet: ticketUpdateChangeSet(owner, state, update, badge, isExact(tries)),
      committed() {
        if (!isExact(tries)) tellAgain(app, record.id)
        if (movesBadges(owner.record, (owner.record.activeTickets ?? 0) + update.more))
          tellBadges(app, owner.record.id)
        return { ticket: ticketView(after, record, badge, update.lastActivityAt) }
      },
    }
  })
}
