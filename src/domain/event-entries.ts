/** Builds the entries by which a change is told: one for the feed of its user, and one for the agents' feed. */

import type { BusinessEvent } from "../protocol/agent.ts"
import type { ConversationId, UserId } from "../protocol/branded.ts"
import type { UserEvent } from "../protocol/events.ts"
import type { Append } from "./change-set.ts"
import type { EventSubject } from "./log-payloads.ts"
import type { ConversationRecord, TicketRecord } from "./records.ts"

export interface ConversationSubject extends EventSubject {
  readonly conversationId: ConversationId
}

export function subjectOf(
  conversation: Pick<ConversationRecord, "id" | "userId">,
  ticket: TicketRecord | undefined,
): ConversationSubject {
  return {
    userId: conversation.userId,
    conversationId: conversation.id,
    ...(ticket && { ticketId: ticket.id }),
    ...(ticket?.assigneeId !== undefined && { assigneeId: ticket.assigneeId }),
  }
}

/** The ids that `data` of an agents' event begins with. */
export const idsOf = ({ userId, conversationId, ticketId }: ConversationSubject) => ({
  userId,
  conversationId,
  ...(ticketId !== undefined && { ticketId }),
})

/** An entry of the user's feed that holds its event whole, unlike the pointer to a message. */
export const userEvent = (userId: UserId, event: UserEvent): Append => ({
  to: "feed",
  userId,
  payload: { kind: "event", event },
})

/** An entry of the agents' feed that holds its event whole, unlike the pointer to a message. */
export const businessEvent = (subject: EventSubject, event: BusinessEvent): Append => ({
  to: "agents",
  payload: { kind: "event", subject, event },
})
