/** A queue of very many tickets, stored as sends and agents would have left it, in few commits. */
import type { App } from "../../src/app/app.ts"
import { type ChangeSet, combineChangeSets } from "../../src/domain/change-set.ts"
import { newConversation, sendChangeSet } from "../../src/domain/message.ts"
import type { ConversationRecord, TicketRecord } from "../../src/domain/records.ts"
import { blankUser } from "../../src/domain/user.ts"
import { newId } from "../../src/lib/ids.ts"
import type { TicketStatus } from "../../src/protocol/model.ts"

export interface Queued {
  readonly status: TicketStatus
  readonly assigneeId?: string
}

const PER_COMMIT = 100

/** One ticket after another, each of a user of its own; over all partitions. @returns their ids, latest last */
export async function queue(app: App, tickets: readonly Queued[]): Promise<string[]> {
  const ids: string[] = []
  for (let from = 0; from < tickets.length; from += PER_COMMIT) {
    const byPartition = new Map<number, ChangeSet>()
    for (const [index, one] of tickets.slice(from, from + PER_COMMIT).entries()) {
      const partition = (from + index) % app.partitions.length
      const { id, changeSet } = opened(partition, one, from + index)
      ids.push(id)
      const before = byPartition.get(partition)
      byPartition.set(partition, before ? combineChangeSets(before, changeSet) : changeSet)
    }
    await Promise.all([...byPartition].map(([index, changeSet]) => app.partition(index).commit(changeSet)))
  }
  return ids
}

function opened(partition: number, { status, assigneeId }: Queued, nth: number) {
  const at = 1_000_000 + nth
  const fresh = {
    conversationId: newId("con", partition),
    ticketId: newId("tkt", partition),
    formId: newId("msg", partition),
  }
  const ticket: TicketRecord = {
    id: fresh.ticketId,
    status,
    ...(assigneeId !== undefined && { assigneeId }),
    createdAt: at,
    updatedAt: at,
  }
  const owner = blankUser(newId("usr", partition), at)
  const off = { enabled: false, askFor: [] }
  const made = newConversation(owner, fresh, at, off)
  const record: ConversationRecord = { ...made.record, ticket }
  const user = { ...made.user, activeTickets: 1 }
  const changeSet = sendChangeSet(
    [{ kind: "user", id: user.id, version: 0, value: undefined }],
    { record, user, before: undefined, after: ticket, move: undefined, more: 1, profile: false },
    [
      {
        messageId: newId("msg", partition),
        localId: `${nth}`,
        author: { type: "user", id: user.id },
        content: { type: "text", text: `message ${nth}` },
        source: { channel: "web", deviceId: "phone" },
        authenticated: false,
      },
    ],
    [],
    [
      { kind: "user", id: user.id, value: user },
      { kind: "conversation", id: record.id, value: record },
      { kind: "ticket", id: ticket.id, value: { conversationId: record.id } },
    ],
  )
  // In the order of the queue, however fast it is written.
  const rank = (changeSet.rank ?? []).map((one) => (one.score === "now" ? { ...one, score: at } : one))
  return { id: ticket.id, changeSet: { ...changeSet, rank } }
}
