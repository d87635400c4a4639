/** What a message does when it is stored: one entry in the history, one in the feed of its user (PROTOCOL 3.2). */
import type { Author, Content, Conversation, Source } from "../protocol/model.ts"
import type { Draft, Held } from "./draft.ts"
import { blankUser } from "./person.ts"
import type { ConversationRecord, Metadata, UserRecord } from "./records.ts"
import { CONVERSATION_MESSAGES, conversationView, foldedMessages } from "./story.ts"

export interface Sending {
  readonly messageId: string
  readonly localId: string
  readonly author: Author
  readonly content: Content
  readonly metadata?: Metadata | undefined
  readonly source: Source
  /** [3.4] Whether the end user who wrote it was signed in at that moment. */
  readonly authenticated: boolean
}

/** What makes two sends the same one: the user, the device, and the device's own name for it. */
export const sendingId = (userId: string, device: string, localId: string) => ({
  scope: userId,
  key: `${device.length}:${device}${localId}`,
})

/** A new conversation of a user. Whoever creates one conflicts with everybody else who does, so one wins. */
export function create(
  user: Held<"user">,
  userId: string,
  id: string,
  now: number,
  metadata?: Metadata,
): { draft: Draft; record: ConversationRecord; view: Conversation } {
  const owner: UserRecord = user.value ?? blankUser(userId, now)
  const record: ConversationRecord = {
    id,
    userId,
    createdAt: now,
    isDefault: owner.defaultConversation === undefined,
    ...(metadata && { metadata }),
    log: id,
    segments: [],
    aliases: [],
  }
  const view = conversationView(record, 0, undefined)
  const draft: Draft = {
    expect: [user, { kind: "conversation", id, version: 0 }],
    put: [
      {
        kind: "user",
        id: userId,
        value: { ...owner, defaultConversation: owner.defaultConversation ?? id },
      },
      { kind: "conversation", id, value: record },
    ],
    append: [
      {
        to: "feed",
        userId,
        row: { row: "event", type: "conversation:create", data: { conversation: view } },
      },
    ],
    rank: [{ of: "conversations", userId, member: id, score: "now" }],
  }
  return { draft, record, view }
}

/**
 * The hot path: it expects only that user and conversation are who and where they were, so sends never conflict with
 * each other, and a send that races a login or a merge is decided again. The message is the draft's first append.
 */
export function send(record: ConversationRecord, held: Draft["expect"], sending: Sending): Draft {
  const { messageId, content, author, source, authenticated, localId, metadata } = sending
  return {
    ...(held && { expect: held }),
    heads: [{ log: record.log, below: CONVERSATION_MESSAGES - foldedMessages(record) }],
    append: [
      {
        to: "messages",
        log: record.log,
        row: {
          row: "message",
          id: messageId,
          localId,
          author,
          content,
          ...(metadata && { metadata }),
          source,
          authenticated,
        },
      },
      { to: "feed", userId: record.userId, row: { row: "message" }, of: 0 },
    ],
    rank: [{ of: "conversations", userId: record.userId, member: record.id, score: "now" }],
  }
}

/** The device was used now. Anybody who speaks for the business has none. */
export const deviceUsed = (userId: string, source: Source): NonNullable<Draft["rank"]> =>
  source.deviceId === undefined
    ? []
    : [{ of: "devices", userId, member: `${source.channel}/${source.deviceId}`, score: "now" }]
