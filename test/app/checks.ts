/** What must hold whatever happened: conservation, one order, dense feeds, living aliases (docs/architecture.md 1). */
import { expect } from "vitest"
import type { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { listConversations, listMessages } from "../../src/app/user-conversations.ts"
import { eventOf } from "../../src/app/user-feed.ts"
import type { Conversation, Message } from "../../src/protocol/model.ts"
import { actorOf } from "./stage.ts"

export interface History {
  readonly conversations: readonly Conversation[]
  /** By position, over all conversations. */
  readonly messages: readonly Message[]
}

export const textOf = (message: Message): string =>
  message.content.type === "text" ? message.content.text : message.content.type

/** Everything a user has, as they would page through it; forwards and backwards must agree. */
export async function historyOf(app: App, userId: string, limit = 7): Promise<History> {
  const actor = actorOf(app, userId, { proven: true })
  const conversations: Conversation[] = []
  let next: string | undefined
  do {
    const page = await listConversations(app, actor, { ...(next !== undefined && { before: next }), limit })
    conversations.push(...page.conversations)
    next = page.next
  } while (next !== undefined)
  const all = await Promise.all(conversations.map(({ id }) => messagesOf(app, userId, id, limit)))
  const messages = all.flat().sort((a, b) => (a.position < b.position ? -1 : 1))
  return { conversations, messages }
}

export async function messagesOf(
  app: App,
  userId: string,
  conversationId: string,
  limit = 7,
): Promise<Message[]> {
  const actor = actorOf(app, userId, { proven: true })
  const back: Message[] = []
  let before: string | undefined
  for (;;) {
    const page = await listMessages(app, actor, {
      conversationId,
      ...(before !== undefined && { before }),
      limit,
    })
    back.unshift(...page.messages)
    before = page.messages[0]?.position
    if (!page.more || before === undefined) break
  }
  const forth: Message[] = []
  let after = "0".repeat(26)
  for (;;) {
    const page = await listMessages(app, actor, { conversationId, after, limit })
    forth.push(...page.messages)
    after = page.messages.at(-1)?.position ?? after
    if (!page.more) break
  }
  expect(forth, "paging forwards and backwards shows the same").toEqual(back)
  return back
}

export const unreadOf = ({ conversations }: History): number =>
  conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0)

/** [P3] Each message once, with a position of its own, and in the order in which they were acknowledged. */
export function expectConserved(history: History, acknowledged: readonly string[], ascending = true): void {
  const texts = history.messages.map(textOf)
  if (ascending) expect(texts, "[P3] the messages before are the messages after").toEqual(acknowledged)
  else expect(texts.toSorted(), "[P3] each once").toEqual(acknowledged.toSorted())
  expect(new Set(history.messages.map(({ position }) => position)).size).toBe(texts.length)
}

/** [P3] No message of another user: each author of type `user` is this user today. */
export async function expectOwnWords(app: App, history: History, survivor: string): Promise<void> {
  const users = history.messages.flatMap(({ author }) => (author.type === "user" ? [author.id ?? ""] : []))
  for (const id of new Set(users)) expect((await resolveUser(app, id))?.record.id).toBe(survivor)
}

/** [P2] Numbered 1, 2, 3, …; every entry can be shown; nothing follows the word that says where the user went. */
export async function expectDenseFeed(app: App, userId: string): Promise<void> {
  const entries = (await app.homePartition(userId)?.feed(userId, { limit: 2000 })) ?? []
  const first = entries[0]?.n ?? 1
  expect(entries.map(({ n }) => n)).toEqual(entries.map((_, index) => first + index))
  const moved = entries.findIndex(({ payload }) => payload.kind === "moved")
  if (moved !== -1) expect(moved).toBe(entries.length - 1)
  for (const entry of entries) {
    const { payload } = entry
    const shown = payload.kind !== "moved" && !(payload.kind === "import" && payload.again)
    if (shown) expect(await eventOf(app, userId, entry)).toBeDefined()
  }
}

/** [P5] Every id a user ever had means the survivor, and no merge is left unfinished. */
export async function expectAliases(app: App, ids: readonly string[], survivor: string): Promise<void> {
  for (const id of ids) {
    const mergeState = (await app.homePartition(id)?.get("user", id))?.value?.mergeState
    expect(mergeState?.kind, `${id} is half merged`).not.toBe("merging")
    expect((await resolveUser(app, id))?.record.id).toBe(survivor)
  }
}

export async function expectConversations(app: App, ids: readonly string[], owner: string): Promise<void> {
  for (const id of ids) {
    const resolved = await resolveConversation(app, id)
    expect(resolved?.record.userId).toBe(owner)
    await messagesOf(app, owner, id)
  }
}
