/** Use cases about conversations: create, list, page through, mark as read (docs/protocol.md 3.2). */

import { NO_MARKERS, readUpTo, shownUpTo, wholeUpTo } from "../domain/conversation.ts"
import { pageCursorOf, parsePageCursor } from "../domain/cursor.ts"
import { createConversationChangeSet, idempotencyKey } from "../domain/message.ts"
import { moveReadMarker } from "../domain/read-marker.ts"
import { mergedIdsOf } from "../domain/user.ts"
import type { UserId } from "../protocol/branded.ts"
import type { Body, Result } from "../protocol/commands.ts"
import type { Conversation } from "../protocol/model.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, transact } from "../repository/transact.ts"
import { type Actor, inConversation, type Writer } from "./actor.ts"
import type { App } from "./app.ts"
import { conversationsOf, type ResolvedConversation } from "./conversation-lookup.ts"
import { FRAME_BUDGET, firstThatFit, latestThatFit, sizeOf, withinFrame } from "./frame-budget.ts"
import { freshIds } from "./fresh-ids.ts"
import { logsOf, pageAfter, pageBefore, type Reader } from "./message-history.ts"
import { readingOf } from "./reading.ts"
import { showConversation, showConversations } from "./show-conversations.ts"
import { withShown } from "./shown-reading.ts"
import { isExact, tellAgain } from "./tell-again.ts"

/** Answers with the existing conversation in single mode, or with the one that was made under this `localId` before. */
export function createConversation(
  app: App,
  actor: Actor,
  body: Body<"conversation:create">,
  now: number,
): Promise<{ conversation: Conversation }> {
  return transact(app, "conversation:create", async (reads) => {
    const writer = await actor.load(reads)
    const existing = await existingConversation(app, actor, writer, body.localId)
    if (existing !== undefined) {
      const place = await actor.conversation(existing, writer, reads)
      return place ? { answer: { conversation: await showConversation(app, place, 0) } } : AGAIN
    }
    const fresh = freshIds(writer.partition.index)
    const { view, changeSet } = createConversationChangeSet(
      writer,
      fresh,
      now,
      app.settings.defaultResponder,
      body.metadata,
      actor.source,
    )
    const answer = { conversation: view }
    if (body.localId === undefined) return { partition: writer.partition, changeSet, committed: () => answer }
    const id = creationId(writer.id, actor.device, body.localId)
    return {
      partition: writer.partition,
      changeSet: { ...changeSet, id, answer: view.id },
      committed: () => answer,
      // It was made at the same moment by another call; now it is found by its `localId`.
      repeated: () => createConversation(app, actor, body, now),
    }
  })
}

const creationId = (userId: UserId, device: string, localId: string) =>
  idempotencyKey(userId, `c:${device}`, localId)

async function existingConversation(app: App, actor: Actor, writer: Writer, localId: string | undefined) {
  const { defaultConversation } = writer.record
  if (app.settings.conversationMode === "single" && defaultConversation !== undefined)
    return defaultConversation
  if (localId === undefined) return undefined
  for (const name of [writer.id, ...mergedIdsOf(writer.record, "create")]) {
    const partition = app.homePartition(name)
    const [known] = (await partition?.findResults([creationId(name, actor.device, localId)])) ?? []
    if (known) return known.answer
  }
  return undefined
}

/** Latest activity first. A page that does not fit into a frame is made shorter; `next` is where the following one begins. */
export async function listConversations(
  app: App,
  actor: Actor,
  body: Body<"conversation:list">,
): Promise<Result<"conversation:list">> {
  const { limit = 25 } = body
  const writer = await actor.load(new ReadSet())
  const before = body.before === undefined ? undefined : parsePageCursor(body.before)
  const { places, next } = await conversationsOf(writer.partition, writer.id, {
    ...(before && { before }),
    limit,
  })
  const shown = await showConversations(app, places, 0)
  const conversations = withinFrame(shown).map(({ messages: _, more: __, ...rest }) => rest)
  if (limit > 1 && sizeOf(conversations) > FRAME_BUDGET)
    return listConversations(app, actor, { ...body, limit: Math.floor(limit / 2) })
  return { conversations, ...(next && { next: pageCursorOf(next) }) }
}

export async function listMessages(
  app: App,
  actor: Actor,
  { conversationId, before, after, limit = 50 }: Body<"message:list">,
): Promise<Result<"message:list">> {
  const { partition, record } = await inConversation(app, actor, conversationId)
  const logs = logsOf(app, partition, record)
  if (after !== undefined) {
    const page = await pageAfter(logs, record.id, actor.side, limit, after, before)
    const fitting = firstThatFit(page.messages)
    return { messages: fitting, more: page.more || fitting.length < page.messages.length }
  }
  const page = await pageBefore(logs, record.id, actor.side, limit, { before })
  const fitting = latestThatFit(page.messages, FRAME_BUDGET)
  return { messages: fitting, more: page.more || fitting.length < page.messages.length }
}

/** A marker only moves forward: one that would not is answered with the unread count and changes nothing. */
export function readConversation(
  app: App,
  actor: Actor,
  { conversationId, position }: Body<"conversation:read">,
): Promise<Result<"conversation:read">> {
  return transact(app, "conversation:read", async (reads, tries) => {
    const writer = await actor.load(reads, conversationId)
    const place = await actor.conversation(conversationId, writer, reads)
    if (!place) return AGAIN
    const { partition, versioned, record } = place
    const [markers, head] = await Promise.all([
      reads.get(partition, "markers", record.id),
      partition.messagesHead(record.log),
    ])
    const before = markers.value ?? NO_MARKERS
    const [own, userLast] = await Promise.all([
      lastPosition(app, { partition, record }, actor.side),
      actor.side === "business" ? lastPosition(app, { partition, record }, "user") : undefined,
    ])
    // A marker goes no further than the last message: later ones are not written yet and would count as read.
    const reached = position < (own ?? "") ? position : (own ?? "")
    const after = readUpTo(before, actor.side, record, reached)
    const read = await readingOf(app, partition, record, after, actor.side)
    const unreadCount = read.unread
    const logs = [record.log, ...record.segments.map(({ log }) => log)]
    if (logs.every((log) => before[actor.side][log] === after[actor.side][log]))
      return { answer: { unreadCount } }
    const upToShown = actor.side === "user" ? read : await withShown(app, partition, record, read)
    const headN = isExact(tries) ? (head?.n ?? 0) : undefined
    const reading = {
      reader: actor.side,
      position: reached,
      readTo: wholeUpTo(read),
      shownTo: shownUpTo(upToShown, actor.side === "user" ? own : userLast),
      unreadCount,
      headN,
    }
    const changeSet = moveReadMarker(record, markers, [writer.versioned, versioned], reading)
    const committed = () => {
      if (!isExact(tries)) tellAgain(app, record.id)
      return { unreadCount }
    }
    return { partition, changeSet, committed }
  })
}

async function lastPosition(
  app: App,
  { partition, record }: Pick<ResolvedConversation, "partition" | "record">,
  reader: Reader,
): Promise<string | undefined> {
  const { messages } = await pageBefore(logsOf(app, partition, record), record.id, reader, 1)
  return messages[0]?.position
}
