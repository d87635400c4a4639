/**
 * Who acts, and on what he may. The one choke point: every command that names a conversation asks here, and what is
 * not his is answered like what is not there.
 */
import { blankUser } from "../domain/user.ts"
import { HubError } from "../protocol/errors.ts"
import type { Author, Channel, Source } from "../protocol/model.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { type ResolvedConversation, resolveConversation } from "./conversation-lookup.ts"
import { resolveUser, settleConversation } from "./merge-users.ts"
import type { ResolvedUser } from "./user-data.ts"

/** The user whose history is acted on, as loaded for this decision; a visitor may have no record yet. */
export interface Writer extends ResolvedUser {
  readonly id: string
}

export interface Actor {
  readonly side: "user" | "business"
  /** Where the actor's user was born. */
  readonly partition: Partition
  /** Names of sends are the device's own; whoever speaks for the business has a name in place of a device. */
  readonly device: string
  readonly author: Author
  readonly source: Source
  readonly authenticated: boolean
  load(): Promise<Writer>
  /**
   * `undefined`: the writer was merged meanwhile; load him again.
   *
   * @throws HubError `not_found` for what is not there or not his
   */
  conversation(id: string, writer: Writer): Promise<ResolvedConversation | undefined>
}

export interface EndUser {
  readonly userId: string
  /** A token proved this identity on the very socket that acts. */
  readonly proven: boolean
  readonly deviceId: string
  readonly channel: Channel
}

/**
 * @throws HubError `session_consumed` from `load` if an anonymous user is anonymous no more: his session opens
 * neither the person he became nor the one he was merged into [P4].
 */
export function endUser(app: App, { userId, proven, deviceId, channel }: EndUser, now: number): Actor {
  const partition = app.homePartition(userId)
  if (!partition) throw new HubError("session_invalid")
  return {
    side: "user",
    partition,
    device: `d:${deviceId}`,
    author: { type: "user", id: userId },
    source: { channel, deviceId },
    authenticated: proven,
    async load() {
      const person = await resolveUser(app, userId)
      if (!person) return stranger(partition, userId, now)
      if (!proven && person.record.externalId !== undefined) throw new HubError("session_consumed")
      return { ...person, id: person.record.id }
    },
    conversation: (id, writer) => ownConversation(app, id, writer),
  }
}

/** A visitor who never wrote: nothing is stored of him until he does. */
function stranger(partition: Partition, userId: string, now: number): Writer {
  const versioned = { kind: "user", id: userId, version: 0, value: undefined } as const
  return { id: userId, partition, versioned, record: blankUser(userId, now) }
}

/** Before anybody is refused, an owner who is half merged is merged, and the writer is asked whether he still is who he was. */
async function ownConversation(
  app: App,
  id: string,
  writer: Writer,
): Promise<ResolvedConversation | undefined> {
  const place = await resolveConversation(app, id)
  if (place?.record.userId === writer.id) return place
  const settled = place && (await settleConversation(app, id))
  if (settled?.record.userId === writer.id) return settled
  const present = settled && (await resolveUser(app, writer.id))
  if (present && present.record.id !== writer.id) return undefined
  throw new HubError("not_found", "No such conversation.")
}

/** Who acts and where, as of one moment. */
export async function inConversation(
  actor: Actor,
  id: string,
): Promise<ResolvedConversation & { readonly writer: Writer }> {
  for (;;) {
    const writer = await actor.load()
    const place = await actor.conversation(id, writer)
    if (place) return { ...place, writer }
  }
}

/** A bot or an agent in somebody's conversation. His user is whoever owns it now. */
export async function business(
  app: App,
  conversationId: string,
  author: Author,
  source: Source,
): Promise<Actor> {
  const place = await resolveConversation(app, conversationId)
  if (!place) throw new HubError("not_found", "No such conversation.")
  return {
    side: "business",
    partition: place.partition,
    device: `b:${author.type} ${author.id ?? ""}`,
    author,
    source,
    authenticated: false,
    async load() {
      const now = await resolveConversation(app, conversationId)
      const person = now && (await resolveUser(app, now.record.userId))
      if (!person) throw new HubError("not_found", "No such conversation.")
      return { ...person, id: person.record.id }
    },
    conversation: (id, writer) => ownConversation(app, id, writer),
  }
}
