/**
 * What a message does when it is stored (docs/protocol.md 3.2, 5): one entry in the history, pointers to it in the feed
 * of its user and in the agents', and the change of the conversation's ticket.
 */
import type { ConversationId, Millis, TicketId, UserId } from "../protocol/branded.ts"
import type { Content, Conversation, MessageSource } from "../protocol/model.ts"
import type { AppSettings } from "../protocol/settings.ts"
import type { RankingMove } from "./badge.ts"
import type { Append, ChangeSet, Put, RankingChange, Versioned } from "./change-set.ts"
import { conversationView, logBound, NOTHING_TO_READ } from "./conversation.ts"
import { deviceUsed } from "./device.ts"
import { businessEvent, subjectOf, userEvent } from "./event-entries.ts"
import type { MessagePayload } from "./log-payloads.ts"
import type { ConversationRecord, Metadata, TicketRecord, UserRecord } from "./records.ts"
import { formFor, profileFromForm } from "./responder.ts"
import { activeMember, afterMessage, isActive, rankingChanges, unreadRanking, withTicket } from "./ticket.ts"

export interface NewMessage extends Omit<MessagePayload, "kind" | "id"> {
  readonly messageId: string
  readonly localId: string
}

/** Two sends are the same one if user, device and the device's `localId` are the same. */
export const idempotencyKey = (userId: UserId, device: string, localId: string) => ({
  scope: userId,
  key: `${device.length}:${device}${localId}`,
})

/** Ids for what a send may have to create; each is made when it is first read (`app/fresh-ids.ts`). */
export interface FreshIds {
  readonly conversationId: ConversationId
  readonly ticketId: TicketId
  readonly formId: string
}

/** A new conversation of a user, with the form that it begins with if the default responder has something to ask. */
export function newConversation(
  user: UserRecord,
  fresh: FreshIds,
  now: Millis,
  settings: AppSettings["defaultResponder"],
  metadata?: Metadata,
): { record: ConversationRecord; user: UserRecord; form: Content | undefined; view: Conversation } {
  const id = fresh.conversationId
  const form = formFor(settings, user)
  const record: ConversationRecord = {
    id,
    userId: user.id,
    createdAt: now,
    isDefault: user.defaultConversation === undefined,
    ...(metadata && { metadata }),
    log: id,
    segments: [],
    ...(form && { form: fresh.formId }),
  }
  return {
    record,
    user: { ...user, defaultConversation: user.defaultConversation ?? id },
    form,
    view: conversationView(record, NOTHING_TO_READ, "user", undefined),
  }
}

/** A conversation that its user creates before any message is sent in it. */
export function createConversationChangeSet(
  owner: { readonly versioned: Versioned<"user">; readonly record: UserRecord },
  fresh: FreshIds,
  now: Millis,
  settings: AppSettings["defaultResponder"],
  metadata: Metadata | undefined,
  source: MessageSource,
): { view: Conversation; changeSet: ChangeSet } {
  const { record, user, form, view } = newConversation(owner.record, fresh, now, settings, metadata)
  const messages = form ? [formMessage(fresh, form)] : []
  return {
    view,
    changeSet: {
      expect: [owner.versioned, { kind: "conversation", id: record.id, version: 0 }],
      put: [
        { kind: "user", id: user.id, value: user },
        { kind: "conversation", id: record.id, value: record },
      ],
      append: messageAppends(record, undefined, messages, conversationCreateEvents(record, view)),
      rank: [
        { of: "conversations", name: user.id, member: record.id, score: "now" },
        ...deviceUsed(user.id, source),
      ],
    },
  }
}

/** In both feeds a conversation's creation comes before anything in it. */
export function conversationCreateEvents(record: ConversationRecord, view: Conversation): Append[] {
  const data = { conversation: view }
  return [
    userEvent(record.userId, { type: "conversation:create", data }),
    businessEvent(subjectOf(record, undefined), {
      type: "conversation:create",
      data: { userId: record.userId, conversationId: record.id, ...data },
    }),
  ]
}

export function formMessage(fresh: FreshIds, content: Content): NewMessage {
  return {
    messageId: fresh.formId,
    localId: fresh.formId,
    author: { type: "bot" },
    content,
    source: { channel: "api" },
    authenticated: false,
  }
}

/** Messages first, then events, then the feeds' pointers to the messages: so in every feed causes come before effects. */
function messageAppends(
  record: ConversationRecord,
  ticket: TicketRecord | undefined,
  messages: readonly NewMessage[],
  events: readonly Append[],
): Append[] {
  const { userId, log } = record
  const subject = { userId, ticketId: ticket?.id, assigneeId: ticket?.assigneeId }
  const appends: Append[] = []
  for (const message of messages) appends.push({ to: "messages", log, payload: payloadOf(message) })
  appends.push(...events)
  for (const [of, { internal }] of messages.entries()) {
    if (!internal) appends.push({ to: "feed", userId, payload: { kind: "message" }, of })
    appends.push({ to: "agents", payload: { kind: "message", subject }, of })
  }
  return appends
}

export const payloadOf = (message: NewMessage): MessagePayload => ({
  kind: "message",
  id: message.messageId,
  localId: message.localId,
  author: message.author,
  content: message.content,
  metadata: message.metadata,
  source: message.source,
  authenticated: message.authenticated,
  internal: message.internal,
})

/** How a message changes the records around it. */
export interface Effects {
  readonly record: ConversationRecord
  readonly user: UserRecord
  readonly before: TicketRecord | undefined
  readonly after: TicketRecord | undefined
  readonly move: RankingMove | undefined
  /** Change of the number of the user's active tickets: -1, 0 or 1. */
  readonly more: number
  /** A form was answered: the profile has changed. */
  readonly profile: boolean
}

/** @throws HubError `bad_request` for an answer that cannot fill the profile */
export function effectsOf(
  record: ConversationRecord,
  user: UserRecord,
  sending: NewMessage,
  fresh: FreshIds,
  now: Millis,
): Effects {
  const { author, content, internal } = sending
  const before = record.ticket
  // `fresh.ticketId` makes an id, so it is read only where a ticket begins.
  const ticketId = before && before.status !== "closed" ? before.id : fresh.ticketId
  const after = internal ? before : afterMessage(before, author.type, ticketId, now)
  const more = Number(after ? isActive(after) : false) - Number(before ? isActive(before) : false)
  const answers = content.type === "formResponse" && author.type === "user" && content.formId === record.form
  const filled = answers ? profileFromForm(user, content.fields) : undefined
  const profile = filled ?? user.profile
  const move = isActivity(sending) ? rankingMove(before, after) : undefined
  // Most messages change neither record.
  if (before === after && !filled) return { record, user, before, after, move, more, profile: false }
  return {
    record: {
      ...record,
      ...(after && withTicket(record, after, now)),
      // An answer that fills nothing leaves the form to be answered.
      ...(filled && { form: undefined }),
    },
    user: { ...user, profile, ...(more !== 0 && { activeTickets: (user.activeTickets ?? 0) + more }) },
    before,
    after,
    move,
    more,
    profile: filled !== undefined,
  }
}

/**
 * Whether a message counts as activity, by which tickets are ordered: those of end users and agents do, not bots' and
 * not notes.
 */
const isActivity = ({ author, internal }: NewMessage): boolean =>
  !internal && (author.type === "user" || author.type === "agent")

function rankingMove(
  before: TicketRecord | undefined,
  after: TicketRecord | undefined,
): RankingMove | undefined {
  if (!after || !isActive(after)) return undefined
  const leaves = before && isActive(before) ? activeMember(before) : undefined
  return { leaves, enters: { member: activeMember(after), score: "now" } }
}

/**
 * A send expects only the records of the user and the conversation, and neither is written by an ordinary send: so sends
 * never conflict with each other, and a send that races a login, a merge or a change of status is decided again.
 */
export function sendChangeSet(
  expect: NonNullable<ChangeSet["expect"]>,
  effects: Effects,
  sending: readonly NewMessage[],
  events: readonly Append[],
  puts: readonly Put[],
): ChangeSet {
  const { record, before, after, user } = effects
  const [first] = sending
  const moves = first !== undefined && isActivity(first)
  const seen = sending.some(({ internal }) => !internal)
  return {
    expect,
    heads: [{ log: record.log, below: logBound(record) }],
    put: puts,
    append: messageAppends(record, after, sending, events),
    rank: [
      ...(seen ? [{ of: "conversations", name: user.id, member: record.id, score: "now" } as const] : []),
      ...(moves && after
        ? rankingChanges(user.id, before?.id === after.id ? before : undefined, after, "now")
        : []),
      ...(after && first && seen ? unreadAfter(after, first) : []),
    ],
  }
}

/** Agents have not read a user's message; one for the business shows that all was read, unless the hub sent it. */
function unreadAfter(ticket: TicketRecord, { author: { type, id } }: NewMessage): RankingChange[] {
  if (type !== "user" && id === undefined) return []
  return [unreadRanking(ticket, type === "user", "now")]
}
