/** A message's way into the history: once, wherever it was sent first, and in the survivor if its author was merged. */
import { type Draft, join } from "../domain/draft.ts"
import { recentNames } from "../domain/person.ts"
import type { UserRecord } from "../domain/records.ts"
import { create, deviceUsed, type Sending, send, sendingId } from "../domain/sending.ts"
import { CONVERSATION_MESSAGES, foldedMessages, messageView } from "../domain/story.ts"
import { newId } from "../lib/ids.ts"
import { HubError } from "../protocol/errors.ts"
import type { Content, Message } from "../protocol/model.ts"
import type { Repeated } from "../store/store.ts"
import type { Actor, Writer } from "./actor.ts"
import type { App } from "./app.ts"
import { logsOf, pageAfter } from "./history.ts"
import type { Space } from "./memory.ts"
import { findConversation, type Place } from "./stories.ts"

export interface SendOrder {
  readonly localId: string
  readonly conversationId?: string | undefined
  readonly content: Content
  readonly metadata?: Record<string, string | number | boolean> | undefined
  readonly ifHead?: string | undefined
}

export interface Sent {
  readonly message: Message
  readonly duplicate: boolean
}

/**
 * Load, decide, commit; on a conflict again, for then user or conversation are not what they were.
 *
 * @throws HubError `not_found`, `conflict`, `conversation_locked`, `session_consumed`
 */
export async function sendMessage(app: App, actor: Actor, order: SendOrder, now: number): Promise<Sent> {
  const messageId = newId("msg", actor.space.partition)
  for (;;) {
    const writer = await actor.load()
    const first = await firstAnswer(app, writer.record, actor.device, order)
    if (first) return duplicate(app, first)

    const target = await targetOf(app, actor, writer, order, now)
    const ahead =
      order.ifHead === undefined ? undefined : await unlessOvertaken(app, actor, target, order.ifHead)
    const sending: Sending = {
      messageId,
      localId: order.localId,
      author: actor.author,
      content: order.content,
      metadata: order.metadata,
      source: actor.source,
      authenticated: actor.authenticated,
    }
    const sent = send(target.record, target.expect, sending)
    const draft: Draft = {
      ...(target.first ? join(sent, target.first) : sent),
      id: sendingId(writer.id, actor.device, order.localId),
      answer: target.record.log,
      ...(ahead && { heads: [ahead, ...(sent.heads ?? [])] }),
      rank: [
        ...(target.first?.rank ?? []),
        ...(sent.rank ?? []),
        ...(actor.side === "user" ? deviceUsed(writer.id, actor.source) : []),
      ],
    }
    const done = await target.space.commit(announcedInOrder(draft))
    if (done.kind === "conflict") {
      await refuseIfFull(target)
      continue
    }
    if (done.kind === "repeated") return duplicate(app, { space: target.space, repeated: done })
    const row = { row: "message", id: messageId, ...sending } as const
    const address = { at: done.at, n: done.n[0] ?? 0 }
    return { message: messageView(row, target.record.log, address, target.record.id), duplicate: false }
  }
}

/** A feed tells of a conversation before it tells of the first message in it. */
function announcedInOrder(draft: Draft): Draft {
  const [message, ...rest] = draft.append ?? []
  if (!message) return draft
  const created = rest.filter((item) => item.to === "feed" && item.of === undefined)
  const others = rest.filter((item) => !created.includes(item))
  return { ...draft, append: [message, ...created, ...others] }
}

interface Target {
  readonly space: Space
  readonly record: Place["record"]
  readonly expect: Draft["expect"]
  /** What makes the conversation, where this message is its first. */
  readonly first?: Draft
}

async function targetOf(
  app: App,
  actor: Actor,
  writer: Writer,
  order: SendOrder,
  now: number,
): Promise<Target> {
  const id = order.conversationId ?? (await latestConversation(app, actor, writer))
  if (id === undefined) {
    const { draft, record } = create(writer.held, writer.id, newId("con", writer.space.partition), now)
    return { space: writer.space, record, expect: [], first: draft }
  }
  const place = await actor.conversation(id, writer)
  return { space: place.space, record: place.record, expect: [writer.held, place.held] }
}

/** [3.2] The most recently active conversation; in single mode there is but one. */
async function latestConversation(app: App, actor: Actor, writer: Writer): Promise<string | undefined> {
  if (actor.side === "business") throw new HubError("not_found")
  const known: UserRecord = writer.record
  if (known.defaultConversation === undefined || app.settings.conversationMode === "single")
    return known.defaultConversation
  const [latest] = await writer.space.rank("conversations", writer.id, { limit: 1 })
  return latest?.member ?? known.defaultConversation
}

/**
 * [3.2] The first answer under any name the user had in the last days; the earliest counts. His present name alone
 * needs no question, for the commit itself knows it – unless `ifHead` would refuse the repeat before the commit.
 */
async function firstAnswer(app: App, user: UserRecord, device: string, { localId, ifHead }: SendOrder) {
  const merged = recentNames(user)
  if (merged.length === 0 && ifHead === undefined) return undefined
  const names = [user.id, ...merged]
  const found = await Promise.all(
    app.spaces.map(async (space) => {
      const here = names.filter((name) => app.birthplace(name) === space)
      const known = await space.recall(here.map((name) => sendingId(name, device, localId)))
      return known.map((repeated) => ({ space, repeated }))
    }),
  )
  return found.flat().sort((a, b) => a.repeated.at - b.repeated.at)[0]
}

async function duplicate(app: App, { space, repeated }: { space: Space; repeated: Repeated }): Promise<Sent> {
  const log = repeated.answer
  const n = repeated.n[0] ?? 0
  const [entry] = await space.messages(log, { after: { at: repeated.at, n: n - 1 }, limit: 1 })
  const [original] = log.split(".")
  const place = await findConversation(app, original ?? log)
  if (!entry || entry.n !== n || entry.row.row !== "message" || !place)
    throw new HubError("internal", "The store knows this message was sent, but does not have it.")
  return { message: messageView(entry.row, log, entry, place.record.id), duplicate: true }
}

/** [ifHead] The head must still be what it was when nobody else had written after the position. */
async function unlessOvertaken(app: App, actor: Actor, target: Target, ifHead: string) {
  if (target.first) return undefined
  const head = await target.space.messagesHead(target.record.log)
  const logs = logsOf(app, target.space, target.record)
  let after = ifHead
  for (;;) {
    const { messages, more } = await pageAfter(logs, target.record.id, actor.side, 100, after)
    const other = messages.find((message) => (message.author.type === "user") !== (actor.side === "user"))
    if (other) throw new HubError("conflict", "Somebody else has written meanwhile.")
    const last = messages.at(-1)
    if (!more || !last) return { log: target.record.log, n: head?.n ?? 0 }
    after = last.position
  }
}

async function refuseIfFull({ space, record }: Target): Promise<void> {
  const head = await space.messagesHead(record.log)
  if ((head?.n ?? 0) >= CONVERSATION_MESSAGES - foldedMessages(record))
    throw new HubError("conversation_locked")
}
