/** Loading what decisions look at: conversations by any id they ever had, with markers, head and unread count. */
import type { Versioned } from "../domain/change-set.ts"
import { type ConversationState, conversationView, NO_MARKERS } from "../domain/conversation.ts"
import type { ConversationRecord } from "../domain/records.ts"
import type { Conversation } from "../protocol/model.ts"
import { ref, type Space } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { logsOf, pageBefore, type Reader, unreadIn } from "./message-history.ts"

export interface ResolvedConversation {
  readonly space: Space
  readonly versioned: Versioned<"conversation">
  readonly record: ConversationRecord
}

/** [P5] The conversation that an id means today, over any number of folds and moves. */
export async function resolveConversation(app: App, id: string): Promise<ResolvedConversation | undefined> {
  let space = app.birthplace(id)
  let name = id
  while (space) {
    const versioned = await space.get("conversation", name)
    if (!versioned.value) return undefined
    const { forwardedTo } = versioned.value
    if (!forwardedTo) return { space, versioned, record: versioned.value }
    name = forwardedTo.into
    space = app.space(forwardedTo.partition)
  }
  return undefined
}

export async function loadConversationState(
  app: App,
  place: ResolvedConversation,
): Promise<ConversationState> {
  const { space, versioned, record } = place
  const logs = logsOf(app, space, record)
  const [markers, head, user, business] = await Promise.all([
    space.get("markers", record.id),
    space.messagesHead(record.log),
    pageBefore(logs, record.id, "user", 1),
    pageBefore(logs, record.id, "business", 1),
  ])
  const unread = (reader: Reader) => unreadIn(app, space, record.log, markers.value ?? NO_MARKERS, reader)
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
export async function lastActivity(app: App, { space, record }: ResolvedConversation): Promise<number> {
  const logs = logsOf(app, space, record)
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
  { space, record }: ResolvedConversation,
  limit: number,
  reader: Reader = "user",
): Promise<Conversation> {
  const [markers, { messages, more }] = await Promise.all([
    space.get("markers", record.id),
    pageBefore(logsOf(app, space, record), record.id, reader, Math.max(limit, 1)),
  ])
  const unread = await unreadIn(app, space, record.log, markers.value ?? NO_MARKERS, reader)
  const view = conversationView(record, unread, messages.at(-1))
  return limit === 0 ? view : { ...view, messages, more }
}

/** Conversations of a user, latest activity first; `next` continues after the last one. */
export async function conversationsOf(
  space: Space,
  userId: string,
  page: { readonly before?: { readonly member: string; readonly score: number }; readonly limit: number },
): Promise<{ places: ResolvedConversation[]; next?: { member: string; score: number } }> {
  const ranked = await space.rank("conversations", userId, page)
  const versioned = await space.load(...ranked.map(({ member }) => ref("conversation", member)))
  const places = versioned.flatMap((one) =>
    one.value && !one.value.forwardedTo && one.value.userId === userId
      ? [{ space, versioned: one, record: one.value }]
      : [],
  )
  const last = ranked.at(-1)
  return { places, ...(last && ranked.length === page.limit && { next: last }) }
}

/** Every conversation a user owns, however many. */
export async function allConversations(space: Space, userId: string): Promise<ResolvedConversation[]> {
  const all: ResolvedConversation[] = []
  let before: { member: string; score: number } | undefined
  do {
    const { places, next } = await conversationsOf(space, userId, { ...(before && { before }), limit: 100 })
    all.push(...places)
    before = next
  } while (before)
  return all
}
