/** Loading what decisions look at: conversations by any id they ever had, with markers, head and unread count. */
import type { Versioned } from "../domain/change-set.ts"
import { type ConversationState, conversationView, NO_MARKERS } from "../domain/conversation.ts"
import type { ConversationRecord } from "../domain/records.ts"
import type { Conversation } from "../protocol/model.ts"
import { type Partition, ref } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { logsOf, pageBefore, type Reader, unreadIn } from "./message-history.ts"

export interface ResolvedConversation {
  readonly partition: Partition
  readonly versioned: Versioned<"conversation">
  readonly record: ConversationRecord
}

/** [P5] The conversation that an id means today, over any number of folds and moves. */
export async function resolveConversation(app: App, id: string): Promise<ResolvedConversation | undefined> {
  let partition = app.homePartition(id)
  let name = id
  while (partition) {
    const versioned = await partition.get("conversation", name)
    if (!versioned.value) return undefined
    const { forwardedTo } = versioned.value
    if (!forwardedTo) return { partition, versioned, record: versioned.value }
    name = forwardedTo.into
    partition = app.partition(forwardedTo.partition)
  }
  return undefined
}

export async function loadConversationState(
  app: App,
  place: ResolvedConversation,
): Promise<ConversationState> {
  const { partition, versioned, record } = place
  const logs = logsOf(app, partition, record)
  const [markers, head, user, business] = await Promise.all([
    partition.get("markers", record.id),
    partition.messagesHead(record.log),
    pageBefore(logs, record.id, "user", 1),
    pageBefore(logs, record.id, "business", 1),
  ])
  const unread = (reader: Reader) => unreadIn(app, partition, record.log, markers.value ?? NO_MARKERS, reader)
  return {
    versioned,
    record,
    markers,
    head,
    unread: { user: await unread("user"), business: await unread("business") },
    last: { user: user.messages[0], business: business.messages[0] },
    lastActivityAt: await lastActivity(app, place),
  }
}

/** Notes, bots and the system do not count; there are rarely many of their messages at the end. */
export async function lastActivity(app: App, { partition, record }: ResolvedConversation): Promise<number> {
  const logs = logsOf(app, partition, record)
  let before: string | undefined
  for (;;) {
    const { messages, more } = await pageBefore(logs, record.id, "user", 10, before)
    const active = messages.findLast(({ author }) => author.type === "user" || author.type === "agent")
    if (active || !more) return active?.receivedAt ?? record.createdAt
    before = messages[0]?.position
  }
}

/** A conversation as its reader sees it, with up to `limit` of its latest messages. */
export async function showConversation(
  app: App,
  { partition, record }: ResolvedConversation,
  limit: number,
  reader: Reader = "user",
): Promise<Conversation> {
  const [markers, { messages, more }] = await Promise.all([
    partition.get("markers", record.id),
    pageBefore(logsOf(app, partition, record), record.id, reader, Math.max(limit, 1)),
  ])
  const unread = await unreadIn(app, partition, record.log, markers.value ?? NO_MARKERS, reader)
  const view = conversationView(record, unread, messages.at(-1))
  return limit === 0 ? view : { ...view, messages, more }
}

/** Conversations of a user, latest activity first; `next` continues after the last one. */
export async function conversationsOf(
  partition: Partition,
  userId: string,
  page: { readonly before?: { readonly member: string; readonly score: number }; readonly limit: number },
): Promise<{ places: ResolvedConversation[]; next?: { member: string; score: number } }> {
  const ranked = await partition.rank("conversations", userId, page)
  const versioned = await partition.load(...ranked.map(({ member }) => ref("conversation", member)))
  const places = versioned.flatMap((one) =>
    one.value && !one.value.forwardedTo && one.value.userId === userId
      ? [{ partition, versioned: one, record: one.value }]
      : [],
  )
  const last = ranked.at(-1)
  return { places, ...(last && ranked.length === page.limit && { next: last }) }
}

/** Every conversation a user owns, however many. */
export async function allConversations(
  partition: Partition,
  userId: string,
): Promise<ResolvedConversation[]> {
  const all: ResolvedConversation[] = []
  let before: { member: string; score: number } | undefined
  do {
    const { places, next } = await conversationsOf(partition, userId, {
      ...(before && { before }),
      limit: 100,
    })
    all.push(...places)
    before = next
  } while (before)
  return all
}
