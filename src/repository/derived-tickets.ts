/**
 * A conversation's record is read by every send, so it holds only its latest previous tickets. Older ones move into their
 * `ticket` records, in the same commit. Derived for every commit, so that no rule can forget it.
 */
import type { Put } from "../domain/change-set.ts"

const MAX_PREVIOUS_TICKETS = 10

export const withoutOldTickets = (puts: readonly Put[]): readonly Put[] =>
  puts.some(hasTooMany) ? puts.flatMap((put) => (hasTooMany(put) ? withPointers(put) : [put])) : puts

type ConversationPut = Extract<Put, { kind: "conversation" }>

const hasTooMany = (put: Put): put is ConversationPut =>
  put.kind === "conversation" && (put.value.previousTickets?.length ?? 0) > MAX_PREVIOUS_TICKETS

function withPointers({ id, value }: ConversationPut): Put[] {
  const previousTickets = value.previousTickets ?? []
  return [
    {
      kind: "conversation",
      id,
      value: { ...value, previousTickets: previousTickets.slice(-MAX_PREVIOUS_TICKETS) },
    },
    ...previousTickets
      .slice(0, -MAX_PREVIOUS_TICKETS)
      .map((previous): Put => ({ kind: "ticket", id: previous.id, value: { conversationId: id, previous } })),
  ]
}
