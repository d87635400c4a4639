/** A user as agents look him up, by any id he ever had or by his external id: his tickets, latest activity first. */
import type { AgentBody, AgentResult } from "../../protocol/agents.ts"
import { HubError } from "../../protocol/errors.ts"
import type { App } from "../app.ts"
import { FRAME_BUDGET } from "../budget.ts"
import { holderOf } from "../directory.ts"
import { latestThatFit } from "../feed.ts"
import { markedOf, type TicketPlace } from "../marks.ts"
import { findPerson } from "../merging.ts"
import { allConversations } from "../stories.ts"
import { type Online, showAgentUser, showTicket } from "./views.ts"

export async function getUser(
  app: App,
  body: AgentBody<"user:get">,
  now: number,
  online: Online,
): Promise<AgentResult<"user:get">> {
  const person =
    "userId" in body ? await findPerson(app, body.userId) : await holderOf(app, body.externalId, now)
  if (!person) throw new HubError("not_found", "No such user.")
  const places = await allConversations(person.space, person.record.id)
  const tickets = places.flatMap((place): TicketPlace[] => {
    const { ticket, past = [] } = place.record
    return [
      ...(ticket ? [{ ...place, ticket }] : []),
      ...past.map((one) => ({ ...place, ticket: one, lastActivityAt: one.lastActivityAt })),
    ]
  })
  const marked = await markedOf(person.space, person.record)
  const shown = await Promise.all(tickets.map((place) => showTicket(app, place, marked)))
  shown.sort((a, b) => a.lastActivityAt - b.lastActivityAt)
  return {
    user: await showAgentUser(person.space, person.record, online),
    tickets: latestThatFit(shown, FRAME_BUDGET / 2).reverse(),
  }
}
