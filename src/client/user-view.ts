/**
 * What a device knows of its user: the last full state, with every event since applied. Pure: the same state and
 * the same events always give the same view, and it equals a freshly fetched state ("apply == fetch").
 */
import type { FeedEvent } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import type { Conversation, FoldedPair, Message } from "./client-model.ts"
import * as one from "./conversation-view.ts"
import { type ConversationView, resolve, type View } from "./view-model.ts"

/** A `ready`, or the `state` of an acknowledgement: replaces everything, unless it resumes. */
export function applyState(view: View | undefined, state: State): View {
  const { user, device, settings, cursor, resumed, events = [], conversations = [], next } = state
  const said = { user, device, settings, cursor }
  if (resumed && view) return { ...events.reduce(applyEvent, view), ...said }
  return {
    ...said,
    conversations: sorted(conversations.map((conversation) => one.toView(conversation))),
    more: next !== undefined,
    next,
    aliases: {},
    offset: undefined,
  }
}

/** Applies the next event of the feed; one that was applied before changes nothing. See `client-feed.ts` for holes. */
export function applyEvent(view: View, event: FeedEvent): View {
  if (view.offset !== undefined && event.offset <= view.offset) return view
  return { ...evolve(view, event), offset: event.offset, cursor: event.cursor }
}

function evolve(view: View, event: FeedEvent): View {
  const { type, data } = event
  switch (type) {
    case "conversation:create":
      return upsert(view, data.conversation, true)
    case "conversation:update":
      return upsert(view, data.conversation)
    case "conversation:message":
      return applyMessage(view, data.message)
    case "conversation:read":
      return change(view, data.conversationId, (known) => one.marked(known, data))
    case "conversation:merge":
      return fold(view, data.mergedConversations, data.conversations)
    case "user:update":
      return { ...view, user: data.user }
    case "user:merge": {
      const survivor = { ...view, user: data.mergedUsers.surviving }
      return fold(survivor, data.mergedConversations, data.conversations)
    }
    default:
      // A later version of the hub may have events that this client does not know: their offset counts all the same.
      return view
  }
}

/** A stored message, from the feed or from the acknowledgement of one's own send, whichever comes first. */
export function applyMessage(view: View, message: Message): View {
  const here = { ...message, conversationId: resolve(view, message.conversationId) }
  return put(view, one.heard(find(view, here.conversationId) ?? one.stub(here), here))
}

/** A page of `message:list`; a conversation that is not in the view is left alone. */
export function applyPage(
  view: View,
  conversationId: string,
  page: { readonly messages: readonly Message[]; readonly more: boolean },
  before?: string,
): View {
  return change(view, conversationId, (known) => one.paged(known, page, before))
}

/**
 * A page of `conversation:list`. What the feed said of a conversation is newer and stays.
 *
 * @param before of the request: only the page that follows the view's own says where the next one begins
 */
export function applyConversations(
  view: View,
  {
    conversations,
    next,
  }: { readonly conversations: readonly Conversation[]; readonly next?: string | undefined },
  before: string | undefined,
): View {
  const added = conversations.reduce((before, conversation) => {
    const known = find(before, conversation.id)
    if (known && !known.partial) return before
    return put(before, known ? one.completed(known, conversation) : one.toView(conversation))
  }, view)
  if (!before || before !== view.next) return added
  return { ...added, more: next !== undefined, next }
}

/** The conversation with this id or alias. */
export function find(view: View, id: string): ConversationView | undefined {
  const current = resolve(view, id)
  return view.conversations.find((conversation) => conversation.id === current)
}

/** All that others wrote and this user has not read. */
export const unreadTotal = (view: View): number =>
  view.conversations.reduce((sum, conversation) => sum + conversation.unreadCount, 0)

function upsert(view: View, conversation: Conversation, fresh = false): View {
  const known = find(view, conversation.id)
  const next = known ? one.updated(known, conversation) : one.toView(conversation, fresh)
  // The message was acknowledged before the event that its conversation was created.
  return put(view, fresh && known?.partial ? one.covering(next, "") : next)
}

/** A conversation that is not in the view is left alone. */
function change(view: View, id: string, by: (known: ConversationView) => ConversationView): View {
  const known = find(view, id)
  return known ? put(view, by(known)) : view
}

function fold(view: View, pairs: readonly FoldedPair[], touched: readonly Conversation[]): View {
  const renamed = pairs.reduce(foldPair, view)
  return touched.reduce((before, conversation) => {
    const known = find(before, conversation.id)
    if (!known) return upsert(before, conversation)
    // The merge brought another part of the history: both parts must be complete for the whole to be.
    const completeFrom = one.later(known.completeFrom, one.toView(conversation).completeFrom)
    return put(before, one.covering(one.updated(known, conversation), completeFrom))
  }, renamed)
}

function foldPair(view: View, { surviving, discarded }: FoldedPair): View {
  const into = resolve(view, surviving)
  const gone = view.conversations.find((conversation) => conversation.id === discarded)
  if (into === discarded) return view
  const aliased = { ...view, aliases: { ...view.aliases, [discarded]: into } }
  if (!gone) return aliased
  const rest = { ...aliased, conversations: view.conversations.filter((each) => each !== gone) }
  const survivor = find(rest, into)
  return put(rest, one.folded(survivor ?? { ...gone, id: into, messages: [], partial: true }, gone))
}

function put(view: View, conversation: ConversationView): View {
  const others = view.conversations.filter(({ id }) => id !== conversation.id)
  return { ...view, conversations: sorted([...others, conversation]) }
}

const sorted = (conversations: readonly ConversationView[]): ConversationView[] =>
  [...conversations].sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1))
