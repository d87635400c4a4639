/**
 * Who acts, and which conversations they may act on. Every command that names a conversation checks it here and nowhere
 * else; a conversation of another user is answered like one that does not exist.
 */
import { isConsumed } from "../domain/identity.ts"
import { businessDevice, endUserDevice } from "../domain/known-sends.ts"
import { blankUser } from "../domain/user.ts"
import type { ConversationId, ExternalId, Millis, Seconds, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { Author, Channel, MessageSource } from "../protocol/model.ts"
import { type Partition, ref } from "../repository/partition.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, lookUp } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { ownedHere, type ResolvedConversation } from "./conversation-lookup.ts"
import { findConversation, resolveUser, settleConversation } from "./merge-users.ts"
import { bearsProof, demandBearer } from "./proof.ts"
import type { ResolvedUser } from "./user-data.ts"

/** The user in whose history the actor acts, as loaded for this decision. A visitor may have no record yet. */
export interface Writer extends ResolvedUser {
  readonly id: UserId
}

/** A user and one of their conversations, as this node saw them last. */
export interface SeenWriter {
  readonly writer: Writer
  readonly place: ResolvedConversation
}

export interface Actor {
  readonly side: "user" | "business"
  /** The partition named by the ids of what the actor creates. */
  readonly partition: Partition
  /** A `localId` is unique per device; agents, bots and the API have a fixed name in place of a device. */
  readonly device: string
  readonly author: Author
  readonly source: MessageSource
  readonly authenticated: boolean
  /**
   * What `load` and `conversation` would find, from the node's cache alone. `undefined` where they are not cached, or where
   * more than these two records would have to be read.
   *
   * @param conversationId `undefined`: in single mode the user's default conversation
   */
  seen(reads: ReadSet, conversationId: ConversationId | undefined): SeenWriter | undefined
  /** @param conversationId is loaded by the same call if it was created in the same partition: it is asked for next */
  load(reads: ReadSet, conversationId?: ConversationId): Promise<Writer>
  /**
   * `undefined`: the writer was merged meanwhile; load them again.
   *
   * @throws HubError `not_found` for a conversation that does not exist or is not the writer's
   */
  conversation(id: ConversationId, writer: Writer, reads: ReadSet): Promise<ResolvedConversation | undefined>
}

export interface EndUser {
  readonly userId: UserId
  /** What a token proved on this very socket; `undefined`: a visitor. */
  readonly externalId: ExternalId | undefined
  readonly deviceId: string
  readonly channel: Channel
  /** When the token was issued, Unix seconds. */
  readonly issuedAt?: Seconds | undefined
  /** The number of the user's last logout when the socket signed in (`lastLogout`). */
  readonly logoutNo?: number | undefined
}

/**
 * @throws HubError `token_expired` from `load` if no record bears what was proven any more, `token_revoked` if they have
 * logged out; `session_consumed` from `load` if an anonymous user is anonymous no more, or has logged out: the session
 * opens neither the person they became nor the one they were merged into [P4].
 */
export function endUser(app: App, user: EndUser, now: Millis): Actor {
  const { userId, externalId, deviceId, channel, issuedAt, logoutNo = 0 } = user
  const partition = app.homePartition(userId)
  if (!partition) throw new HubError("session_invalid")
  return {
    side: "user",
    partition,
    device: endUserDevice(deviceId),
    author: { type: "user", id: userId },
    source: { channel, deviceId },
    authenticated: externalId !== undefined,
    seen(reads, conversationId) {
      const versioned = reads.seen(partition, ref("user", userId))
      const record = versioned?.value
      if (!record) return undefined
      const acts =
        externalId === undefined
          ? !isConsumed(record)
          : bearsProof(record, { externalId, deviceId, issuedAt, logoutNo })
      const only = app.settings.conversationMode === "single" ? record.defaultConversation : undefined
      const id = conversationId ?? only
      if (!acts || id === undefined || app.homePartition(id) !== partition) return undefined
      const place = ownedHere(partition, reads.seen(partition, ref("conversation", id)), record.id)
      return place && { writer: { id: record.id, partition, versioned, record }, place }
    },
    async load(reads, conversationId) {
      const together = conversationId !== undefined && app.homePartition(conversationId) === partition
      if (together) await reads.load(partition, ref("user", userId), ref("conversation", conversationId))
      const person = await resolveUser(app, userId, reads)
      if (!person) await app.demandPresent()
      if (externalId !== undefined)
        await demandBearer(app, person?.record, { externalId, deviceId, issuedAt, logoutNo }, now, reads)
      if (!person) return stranger(partition, userId, now)
      if (externalId === undefined && isConsumed(person.record)) throw new HubError("session_consumed")
      return { id: person.record.id, ...person }
    },
    conversation: (id, writer, reads) => ownConversation(app, id, writer, reads),
  }
}

/** A visitor without a record: nothing is stored of a visitor before their first message. */
function stranger(partition: Partition, userId: UserId, now: Millis): Writer {
  const versioned = { kind: "user", id: userId, version: 0, value: undefined } as const
  return { id: userId, partition, versioned, record: blankUser(userId, now) }
}

/**
 * The writer's own conversation. Before it answers `not_found`, an unfinished merge of the owner is finished, and it is
 * checked whether the writer was merged meanwhile (`undefined`).
 */
async function ownConversation(
  app: App,
  id: ConversationId,
  writer: Writer,
  reads: ReadSet,
): Promise<ResolvedConversation | undefined> {
  const place = await findConversation(app, id, reads)
  if (place?.record.userId === writer.id) return place
  reads.clear()
  const settled = place && (await settleConversation(app, id, reads))
  if (settled?.record.userId === writer.id) return settled
  const present = settled && (await resolveUser(app, writer.id, reads))
  if (present && present.record.id !== writer.id) return undefined
  // Where the partition in which it began has lost that it was moved, its owner's partition still has it.
  const { partition } = writer
  const moved = place && ownedHere(partition, await reads.get(partition, "conversation", id), writer.id)
  if (moved) return moved
  throw new HubError("not_found", "No such conversation.")
}

/** The writer and the conversation, both as of one moment. */
export async function inConversation(
  app: App,
  actor: Actor,
  id: ConversationId,
): Promise<ResolvedConversation & { readonly writer: Writer }> {
  return lookUp(app, "conversation:find", async () => {
    const reads = new ReadSet()
    const writer = await actor.load(reads, id)
    const place = await actor.conversation(id, writer, reads)
    return place ? { writer, ...place } : AGAIN
  })
}

/**
 * A bot or an agent in a user's conversation. The history they act on is that of its present owner.
 *
 * @throws HubError `not_found` for an id that no hub made
 */
export function business(
  app: App,
  conversationId: ConversationId,
  author: Author,
  source: MessageSource,
): Actor {
  const partition = app.homePartition(conversationId)
  if (!partition) throw new HubError("not_found", "No such conversation.")
  return {
    side: "business",
    partition,
    device: businessDevice(author),
    author,
    source,
    authenticated: false,
    seen(reads, asked) {
      if (asked === undefined) return undefined
      const versioned = reads.seen(partition, ref("conversation", asked))
      const record = versioned?.value
      if (!record || record.forwardedTo || app.homePartition(record.userId) !== partition) return undefined
      const user = reads.seen(partition, ref("user", record.userId))
      if (!user?.value || user.value.mergeState) return undefined
      const writer = { id: user.value.id, partition, versioned: user, record: user.value }
      return { writer, place: { partition, versioned, record } }
    },
    async load(reads) {
      const place = await findConversation(app, conversationId, reads)
      const person = place && (await resolveUser(app, place.record.userId, reads))
      if (!person) throw new HubError("not_found", "No such conversation.")
      return { id: person.record.id, ...person }
    },
    conversation: (id, writer, reads) => ownConversation(app, id, writer, reads),
  }
}
