/** A user as agents look them up, by any id they ever had or by external id: with their tickets, latest activity first. */

import type { AgentBody, AgentResult } from "../../protocol/agent.ts"
import { HubError } from "../../protocol/errors.ts"
import type { App } from "../app.ts"
import { allConversations } from "../conversation-lookup.ts"
import { holderOf } from "../directory.ts"
import { FRAME_BUDGET, latestThatFit } from "../frame-budget.ts"
import { badgeTest, type ResolvedTicket } from "../load-badges.ts"
import { resolveUser } from "../merge-users.ts"
import { showable } from "../showable.ts"
import { type Online, showAgentUser, showTicket } from "./agent-views.ts"
import { devicesOf, identityHistory } from "./user-history.ts"

export async function getUser(
  app: App,
  body: AgentBody<"user:get">,
  now: number,
  online: Online,
): Promise<AgentResult<"user:get">> {
  const person =
    "userId" in body ? await resolveUser(app, body.userId) : await holderOf(app, body.externalId, now)
  if (!person) throw new HubError("not_found", "No such user.")
  const places = await allConversations(person.partition, person.record.id)
  const tickets = places.flatMap((place): ResolvedTicket[] => {
    const { ticket, previousTickets = [] } = place.record
    return [
      ...(ticket ? [{ ...place, ticket }] : []),
      ...previousTickets.map((one) => ({ ...place, ticket: one, lastActivityAt: one.lastActivityAt })),
    ]
  })
  const bearsBadge = await badgeTest(person.partition, person.record)
  const show = (place: ResolvedTicket) => showTicket(app, place, bearsBadge)
  const shown = await showable(app, "ticket", tickets, ({ ticket }) => ticket.id, show)
  shown.sort((a, b) => a.lastActivityAt - b.lastActivityAt)
  return {
    user: await showAgentUser(person.partition, person.record, online),
    tickets: latestThatFit(shown, FRAME_BUDGET / 2).reverse(),
    ...(body.details && { devices: await devicesOf(person), history: await identityHistory(app, person) }),
  }
}
