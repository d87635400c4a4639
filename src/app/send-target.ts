/** Finds the conversation that a message goes to: the one it names, the latest one, or a new one. */
import type { ChangeSet } from "../domain/change-set.ts"
import { type FreshIds, newConversation } from "../domain/message.ts"
import type { ConversationRecord, UserRecord } from "../domain/records.ts"
import type { ConversationId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { Content, Conversation } from "../protocol/model.ts"
import type { Partition } from "../repository/partition.ts"
import type { ReadSet } from "../repository/read-set.ts"
import type { Actor, Writer } from "./actor.ts"
import type { App } from "./app.ts"
import { freshIds } from "./fresh-ids.ts"
import { maybeSentBefore, type SendCommand } from "./sent-before.ts"

/** The conversation that a message goes to, with the records that its commit expects. */
export interface SendTarget {
  readonly partition: Partition
  readonly record: ConversationRecord
  readonly user: UserRecord
  readonly expect: NonNullable<ChangeSet["expect"]>
  readonly fresh: FreshIds
  /** Set where this message creates the conversation. */
  readonly created?: { readonly form: Content | undefined; readonly view: Conversation }
}

/**
 * The target from the cache alone; `undefined` where something has to be read: for `ifHead`, or for sends under former
 * ids.
 */
export function seenTarget(actor: Actor, command: SendCommand, reads: ReadSet): SendTarget | undefined {
  const seen = actor.seen(reads, command.conversationId)
  if (!seen || maybeSentBefore(seen.writer.record, command)) return undefined
  const { writer, place } = seen
  return {
    partition: place.partition,
    record: place.record,
    user: writer.record,
    expect: [writer.versioned, place.versioned],
    fresh: freshIds(place.partition.index),
  }
}

export async function targetOf(
  app: App,
  actor: Actor,
  writer: Writer,
  command: SendCommand,
  now: number,
  reads: ReadSet,
): Promise<SendTarget | undefined> {
  const { partition, versioned, record: user } = writer
  const fresh = freshIds(partition.index)
  const id = command.conversationId ?? (await latestConversation(app, actor, writer))
  if (id === undefined) {
    const made = newConversation(user, fresh, now, app.settings.defaultResponder)
    const absent = { kind: "conversation", id: made.record.id, version: 0 } as const
    return {
      partition,
      record: made.record,
      user: made.user,
      expect: [versioned, absent],
      fresh,
      created: made,
    }
  }
  const place = await actor.conversation(id, writer, reads)
  return (
    place && {
      partition: place.partition,
      record: place.record,
      user,
      expect: [versioned, place.versioned],
      fresh,
    }
  )
}

/** [3.2] The most recently active conversation; in single mode there is but one. */
async function latestConversation(
  app: App,
  actor: Actor,
  writer: Writer,
): Promise<ConversationId | undefined> {
  if (actor.side === "business") throw new HubError("not_found")
  const known: UserRecord = writer.record
  if (known.defaultConversation === undefined || app.settings.conversationMode === "single")
    return known.defaultConversation
  const [latest] = await writer.partition.rank("conversations", writer.id, { limit: 1 })
  return latest?.member ?? known.defaultConversation
}
