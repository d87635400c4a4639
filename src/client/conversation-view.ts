/**
 * One conversation as a device knows it: the hub's summary, and those of its messages that came here.
 * Pure. The latest messages are always complete; older ones are paged in from `completeFrom` backwards.
 */
import type { EventData } from "../protocol/events.ts"
import type { Conversation, Message, ReadTo } from "./client-model.ts"
import { type ConversationView, isOwn } from "./view-model.ts"

/** Greater than every position: nothing is complete. */
const NOTHING = "~"

type Position = string | undefined

/** What is absent lies before everything. */
const isBefore = (a: Position, b: Position): boolean => (a ?? "") < (b ?? "")
export const later = <P extends Position>(a: P, b: P): P => (isBefore(a, b) ? b : a)
const earlier = <P extends Position>(a: P, b: P): P => (isBefore(a, b) ? a : b)

/** `""`, which is before every position, where there is no message. */
export const positionOf = (message: Message | undefined): string => message?.position ?? ""

/** Markers only move forward. */
const forward = (a: ReadTo, b: ReadTo, userOf = later<Position>): ReadTo => ({
  user: userOf(a.user, b.user),
  business: later(a.business, b.business),
})

/** @param fresh it was just created: what the summary does not have does not exist */
export function toView(conversation: Conversation, fresh = false): ConversationView {
  const { messages: told, more: _, ...summary } = conversation
  const { lastMessage, readTo = {} } = summary
  const view = {
    ...summary,
    messages: joined([], told ?? (lastMessage ? [lastMessage] : [])),
    readTo,
    countedTo: positionOf(lastMessage),
    partial: false,
  }
  return covering(view, fresh && !conversation.more ? "" : coverage(conversation))
}

/** @param completeFrom the position from which on no message is missing; `""`: none at all */
export const covering = <V extends object>(view: V, completeFrom: string) => ({
  ...view,
  completeFrom,
  more: completeFrom !== "",
})

/** From which position on the messages that came with a summary are complete. */
function coverage({ messages, more, lastMessage }: Conversation): string {
  if (!messages) return positionOf(lastMessage)
  return more ? (messages[0]?.position ?? NOTHING) : ""
}

/** A newer summary of a conversation; what the device knows beyond it stays. */
export function updated(known: ConversationView, conversation: Conversation): ConversationView {
  const said = toView(conversation)
  const view = {
    ...said,
    lastMessage: newer(known.lastMessage, said.lastMessage),
    messages: joined(known.messages, conversation.messages ?? []),
    countedTo: later(known.countedTo, said.countedTo),
  }
  const { completeFrom } = known
  return covering(view, conversation.messages ? earlier(completeFrom, said.completeFrom) : completeFrom)
}

/** The default responder sends by itself: that does not mean an agent has read anything. */
const isHubs = ({ author: { type, id } }: Message): boolean => type === "bot" && !id

/** A summary that was fetched, not part of the feed: messages that came after it count on top. */
export function completed(known: ConversationView, conversation: Conversation): ConversationView {
  const told = updated(known, conversation)
  const view = { ...told, readTo: forward(known.readTo, told.readTo) }
  const counted = later(conversation.lastMessage?.position, view.readTo.user)
  return { ...view, unreadCount: conversation.unreadCount + unreadAfter(known, counted) }
}

/** A message of a conversation that the device does not have: it is older than those of the first state. */
export function stub(message: Message): ConversationView {
  const { conversationId: id, receivedAt: at, position } = message
  const unknown = toView({
    id,
    isDefault: false,
    createdAt: at,
    updatedAt: at,
    status: "open",
    unreadCount: 0,
  })
  return { ...covering(unknown, position), partial: true }
}

/** A message was stored. One's own means that all before it is read; the other side's counts once, if not yet read. */
export function heard(view: ConversationView, message: Message): ConversationView {
  const own = isOwn(message)
  const reader = own ? "user" : isHubs(message) ? undefined : "business"
  const readTo = reader ? forward(view.readTo, { [reader]: message.position }) : view.readTo
  const counts = isBefore(later(readTo.user, view.countedTo), message.position) && !has(view, message)
  return {
    ...view,
    lastMessage: newer(view.lastMessage, message),
    messages: joined(view.messages, [message]),
    readTo,
    unreadCount: own ? unreadAfter(view, readTo.user) : view.unreadCount + Number(counts),
    updatedAt: Math.max(view.updatedAt, message.receivedAt),
  }
}

/** A marker moved; it only moves forward. */
export function marked(
  view: ConversationView,
  { reader, position, unreadCount }: EventData["conversation:read"],
): ConversationView {
  const readTo = forward(view.readTo, { [reader]: position })
  const left = reader === "user" ? (unreadCount ?? unreadAfter(view, readTo.user)) : view.unreadCount
  return { ...view, readTo, unreadCount: left }
}

/** What came before `before` (without it: the latest page), oldest first. */
export function paged(
  view: ConversationView,
  page: { readonly messages: readonly Message[]; readonly more: boolean },
  before: string | undefined,
): ConversationView {
  const adjoins = !before || before >= view.completeFrom
  const reached = page.more ? (page.messages[0]?.position ?? view.completeFrom) : ""
  const paged = { ...view, messages: joined(view.messages, page.messages) }
  return covering(paged, adjoins ? earlier(view.completeFrom, reached) : view.completeFrom)
}

/** The messages of a folded conversation become the survivor's. The whole is complete only from where both parts are. */
export function folded(survivor: ConversationView, discarded: ConversationView): ConversationView {
  const brought = discarded.messages.map((message) => ({ ...message, conversationId: survivor.id }))
  const whole = {
    ...survivor,
    messages: joined(survivor.messages, brought),
    // What was unread in one part stays unread, so this user's marker is the earlier of the two.
    readTo: forward(survivor.readTo, discarded.readTo, earlier),
  }
  return covering(whole, later(survivor.completeFrom, discarded.completeFrom))
}

/** The union by id, ordered by position; of two versions of a message the second one stays. */
function joined(known: readonly Message[], more: readonly Message[]): readonly Message[] {
  const both = [...known, ...more]
  // What comes is in order, and almost always after what is here: with a long history the difference is felt.
  const first = more[0]
  if (!first || first.position > positionOf(known.at(-1))) return both
  return distinct(both).sort((a, b) => (a.position < b.position ? -1 : 1))
}

/** Each once: of two versions of a message the last one, at the place of the first. */
export const distinct = (messages: readonly Message[]): Message[] => [
  ...new Map(messages.map((message) => [message.id, message])).values(),
]

const newer = (a: Message | undefined, b: Message | undefined): Message | undefined =>
  positionOf(a) > positionOf(b) ? a : b

/** New messages are found at the end, so that is where the search begins. */
export const has = ({ messages }: ConversationView, { id }: Message): boolean =>
  messages.findLastIndex((message) => message.id === id) >= 0

const unreadAfter = ({ messages }: ConversationView, position = ""): number =>
  messages.filter((message) => !isOwn(message) && message.position > position).length
