/** An agent works on tickets: looks through them, opens one, assigns it, sets its status (docs/protocol.md 5, 6). */
import type { ChangeSet } from "../../domain/change-set.ts"
import { conversationView } from "../../domain/conversation.ts"
import { userEvent } from "../../domain/event.ts"
import type { UserRecord } from "../../domain/records.ts"
import {
  activeMember,
  applyTicketCommand,
  assigneeRankingOf,
  conversationStatus,
  isActive,
  rankingChanges,
  ticketEvent,
  ticketView,
  withChangedTicket,
} from "../../domain/ticket.ts"
import type { AgentBody, AgentResult, ListedTicket } from "../../protocol/agent.ts"
import { HubError } from "../../protocol/errors.ts"
import type { TicketStatus } from "../../protocol/model.ts"
import type { Ranked } from "../../store/contract.ts"
import type { App } from "../app.ts"
import { decideBadges, type ResolvedTicket, resolveTicket } from "../badges.ts"
import { loadConversationState, showConversation } from "../conversation-lookup.ts"
import { FRAME_BUDGET, sizeOf } from "../frame-budget.ts"
import { resolveUser, settleConversation } from "../merge-users.ts"
import { logsOf, pageBefore } from "../message-history.ts"
import { latestThatFit } from "../user-feed.ts"
import { type Online, showAgentUser, showTicket } from "./agent-views.ts"

const ALL: readonly TicketStatus[] = ["new", "open", "pending", "hold", "solved", "closed"]
const MESSAGES = 50

/** [P5] A ticket whose user is half merged is found where the merge ends; a merged one is its survivor. */
async function demandTicket(app: App, ticketId: string): Promise<ResolvedTicket> {
  let id = ticketId
  for (;;) {
    const found = await resolveTicket(app, id)
    if (found) await settleConversation(app, found.record.id)
    const settled = await resolveTicket(app, id)
    if (!settled) throw new HubError("not_found", "No such ticket.")
    if (settled.ticket.mergedInto === undefined) return settled
    id = settled.ticket.mergedInto
  }
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
export async function updateTicket(
  app: App,
  { ticketId, status, assigneeId, ifUpdatedAt }: AgentBody<"ticket:update">,
  now: number,
): Promise<AgentResult<"ticket:update">> {
  for (;;) {
    const place = await demandTicket(app, ticketId)
    const { record, ticket: before, partition } = place
    const person = await resolveUser(app, record.userId)
    if (person?.record.id !== record.userId) continue
    if (ifUpdatedAt !== undefined && before.updatedAt !== ifUpdatedAt)
      throw new HubError("conflict", "The ticket has changed since.")
    const after = applyTicketCommand(before, { status, assigneeId }, now)
    if (after === before) return { ticket: await showTicket(app, place) }

    const state = await loadConversationState(app, place)
    const more = Number(isActive(after)) - Number(isActive(before))
    const changed = { ...record, ...withChangedTicket(record, after, state.lastActivityAt) }
    const score =
      changed.ticket?.id === after.id ? state.lastActivityAt : (place.lastActivityAt ?? state.lastActivityAt)
    const change = {
      leaves: isActive(before) ? activeMember(before) : undefined,
      enters: isActive(after) ? { member: activeMember(after), score } : undefined,
    }
    const badges = await decideBadges(app, partition, person.record, change, more)
    const user: UserRecord = { ...person.record, activeTickets: (person.record.activeTickets ?? 0) + more }
    const changeSet: ChangeSet = {
      expect: [person.versioned, place.versioned, ...badges.expect],
      heads: [{ log: record.log, n: state.head?.n ?? 0 }],
      put: [
        { kind: "conversation", id: record.id, value: changed },
        ...(more !== 0 || badges.decisive ? [{ kind: "user", id: user.id, value: user } as const] : []),
      ],
      append: [
        ticketEvent(after, record, badges.own, score),
        ...badges.append,
        ...(conversationStatus(record.ticket) === conversationStatus(changed.ticket)
          ? []
          : [
              userEvent(record.userId, {
                type: "conversation:update",
                data: { conversation: conversationView(changed, state.unread.user, state.last.user) },
              }),
            ]),
      ],
      rank: rankingChanges(record.userId, before, after, score),
    }
    if ((await partition.commit(changeSet)).kind === "committed")
      return { ticket: ticketView(after, record, badges.own, score) }
  }
}

/** Latest activity first, over all partitions: each ranking is read on where the last page ended. */
export async function listTickets(
  app: App,
  { status = [...ALL], assignee, before, limit = 25 }: AgentBody<"ticket:list">,
  agentId: string,
  online: Online,
): Promise<AgentResult<"ticket:list">> {
  const rankings =
    assignee === undefined
      ? status.map((name) => ({ of: "status", name }) as const)
      : [{ of: "assignee", name: assigneeRankingOf(assignee === "me" ? agentId : assignee) } as const]
  const listed: ListedTicket[] = []
  let budget = FRAME_BUDGET
  let place = before === undefined ? undefined : parsePlace(before)
  for (;;) {
    const from = place
    const pages = await Promise.all(
      app.partitions.flatMap((partition) =>
        rankings.map(({ of, name }) => partition.rank(of, name, { ...(from && { before: from }), limit })),
      ),
    )
    const page = pages.flat().sort(latestFirst).slice(0, limit)
    for (const { member, score } of page) {
      const ticket = await resolveTicket(app, member)
      const fits = ticket !== undefined && status.includes(ticket.ticket.status)
      const shown = fits ? await listTicket(app, ticket, score, online) : undefined
      budget -= shown ? sizeOf(shown) + 1 : 0
      // What fits into no frame any more begins the next page.
      if (budget < 0 && place && listed.length > 0) return { tickets: listed, next: placeText(place) }
      place = { member, score }
      if (shown) listed.push(shown)
      if (listed.length === limit) return { tickets: listed, next: placeText(place) }
    }
    if (page.length < limit) return { tickets: listed }
  }
}

const latestFirst = (a: Ranked, b: Ranked): number => b.score - a.score || (a.member < b.member ? 1 : -1)

const placeText = ({ score, member }: Ranked): string => `${score}~${member}`

function parsePlace(text: string): Ranked {
  const match = /^(\d{1,16})~([A-Za-z0-9_-]{1,64})$/.exec(text)
  if (!match) throw new HubError("bad_request", "before: must be the next of an earlier answer.")
  return { score: Number(match[1]), member: match[2] ?? "" }
}

async function listTicket(
  app: App,
  place: ResolvedTicket,
  score: number,
  online: Online,
): Promise<ListedTicket | undefined> {
  const person = await resolveUser(app, place.record.userId)
  if (!person) return undefined
  const [ticket, user, { lastMessage }] = await Promise.all([
    showTicket(app, { ...place, lastActivityAt: score }),
    showAgentUser(person.partition, person.record, online),
    showConversation(app, place, 0, "business"),
  ])
  return { ...ticket, user, ...(lastMessage && { lastMessage }) }
}
