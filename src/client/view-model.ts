/** What a host draws, and the few questions that every host asks of it. */
import type { ClientError } from "./client-error.ts"
import type {
  Author,
  Channel,
  Content,
  Conversation,
  HubSettings,
  Message,
  ReadTo,
  User,
} from "./client-model.ts"

export interface ConversationView extends Omit<Conversation, "messages" | "more" | "readTo"> {
  /** Ordered by position, each once. */
  readonly messages: readonly Message[]
  /** True while the hub has older messages that are not here. */
  readonly more: boolean
  /** No message from this position on is missing; `""`: none at all. Page back from here. */
  readonly completeFrom: string
  /** How far each side has read, in positions; absent where that side has read nothing. */
  readonly readTo: ReadTo
  /** `unreadCount` of the hub's last summary counts the messages up to here. */
  readonly countedTo: string
  /** Known by a message alone; the hub's summary is still to be fetched. */
  readonly partial: boolean
}

export interface View {
  readonly user: User
  readonly device: { readonly id: string; readonly channel: Channel }
  readonly settings: HubSettings
  /** Latest activity first. */
  readonly conversations: readonly ConversationView[]
  /** True while the hub has more conversations than these. */
  readonly more: boolean
  /** With `more`: `before` of the next page of conversations. */
  readonly next?: string | undefined
  /** Conversation id that was folded away → the id it was folded into. */
  readonly aliases: Readonly<Record<string, string>>
  /** Names the last event that is in this view. */
  readonly cursor: string
  /** Its number; unknown from a full state until the first event. */
  readonly offset: number | undefined
}

export interface OutgoingMessage {
  readonly localId: string
  /** Absent while the conversation that it will begin does not exist. */
  readonly conversationId?: string | undefined
  readonly content: Content
  readonly metadata?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Unix milliseconds, on this device's clock. */
  readonly typedAt: number
  /** `sending`: handed to a connection, and not answered yet. */
  readonly status: "pending" | "sending" | "failed"
  /** With `failed`: why. */
  readonly error?: ClientError | undefined
}

/** Everything of `View` is absent until the first state came. */
export interface ClientView extends Partial<View> {
  readonly conversations: View["conversations"]
  readonly more: boolean
  readonly aliases: View["aliases"]
  /** In the order in which they were typed. `cancel` takes one away, `retry` sends a failed one again. */
  readonly outgoing: readonly OutgoingMessage[]
  /** What others wrote and this user has not read, in all conversations of the view. */
  readonly unread: number
  /** Conversation id → who of the other side is typing there now. */
  readonly typing: Readonly<Record<string, readonly Author[]>>
  /** Absent until the hub has said so. */
  readonly agentsOnline?: boolean | undefined
}

/** True for a message of this user, also under an id that was merged away: no other end user writes here. */
export const isOwn = (message: Message): boolean => message.author.type === "user"

/** Whether the other side has read this message. */
export const isSeen = (conversation: ConversationView, message: Message): boolean =>
  message.position <= (conversation.readTo.business ?? "")

/** The first message of the other side that this user has not read: where a line "new messages" belongs. */
export const firstUnread = (conversation: ConversationView): Message | undefined =>
  conversation.unreadCount === 0
    ? undefined
    : conversation.messages.find(
        (message) => !isOwn(message) && message.position > (conversation.readTo.user ?? ""),
      )

/** The conversation an id names today, over any number of folds. */
export function resolve(view: Pick<View, "aliases">, id: string): string {
  let current = id
  for (let next = view.aliases[current]; next; next = view.aliases[current]) current = next
  return current
}
