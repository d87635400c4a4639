/** Records for the rules' tests: a conversation with its ticket, its messages and its markers, as small as it goes. */
import type { Versioned } from "../../src/domain/change-set.ts"
import { type ConversationState, NO_MARKERS } from "../../src/domain/conversation.ts"
import type { ConversationRecord, TicketRecord } from "../../src/domain/records.ts"
import type { TicketStatus } from "../../src/protocol/model.ts"

export const ticket = (id: string, status: TicketStatus, more: Partial<TicketRecord> = {}): TicketRecord => ({
  id,
  status,
  createdAt: 1,
  updatedAt: 5,
  ...more,
})

export function record(id: string, more: Partial<ConversationRecord> = {}): ConversationRecord {
  const plain = { id, userId: "usr_guest", createdAt: 0, isDefault: true, log: id }
  return { ...plain, segments: [], ...more }
}

const held = <K extends "conversation" | "markers">(kind: K, id: string): Versioned<K> => ({
  kind,
  id,
  version: 1,
  value: undefined,
})

/** @param at when its last message came; 0: it has none */
export function state(id: string, at: number, more: Partial<ConversationRecord> = {}): ConversationState {
  return {
    versioned: held("conversation", id),
    record: record(id, more),
    markers: { ...held("markers", id), value: { ...NO_MARKERS, user: { [id]: `read ${id}` } } },
    tail: [],
    head: at === 0 ? undefined : { at, n: at },
    reading: { user: { unread: at }, business: { unread: 2 * at } },
    last: { user: undefined, business: undefined },
    lastActivityAt: at,
  }
}
