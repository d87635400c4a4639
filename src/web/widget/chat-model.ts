/** What the window draws: `chat.ts` makes it of the client's view. */
import type { Author, Content, Conversation, Message } from "../../protocol/model.ts"

/** What a visitor may send. */
export type Said = Exclude<Content, { type: "form" }>

export interface ChatModel {
  readonly line: ConnectionState
  /** The signed-in user; absent while the visitor is anonymous. */
  readonly person?: { readonly externalId: string; readonly name: string }
  /** Names the user behind the view; another one when the person changed. Absent until the hub has said so. */
  readonly userId?: string
  readonly mode: "single" | "multi"
  /** Latest activity first. */
  readonly conversations: readonly ChatConversation[]
  readonly moreConversations: boolean
  readonly outgoing: readonly ShownOutgoing[]
  readonly unread: number
  /** By conversation: which agents are typing. */
  readonly typing: Readonly<Record<string, readonly Author[]>>
  readonly agentsOnline: boolean
}

/** The status of the connection to the hub. */
export type ConnectionState =
  | "idle"
  | "starting"
  | "live"
  | "offline"
  /** The sign-in is over, and only the page around can begin another. */
  | "signed-out"
  | "refused"

export interface ChatConversation
  extends Pick<Conversation, "id" | "updatedAt" | "status" | "unreadCount" | "lastMessage"> {
  /** In the order of their positions, each once. */
  readonly messages: readonly Message[]
  /** There are older messages that are not fetched yet. */
  readonly more: boolean
  readonly readTo: { readonly user: string; readonly business: string }
}

export interface ShownOutgoing {
  readonly localId: string
  readonly conversationId?: string
  readonly content: Content
  readonly typedAt: number
  readonly state: "waiting" | "sending" | "failed"
  /** With `failed`: the code of the refusal. */
  readonly code?: string
}

export const NOTHING: ChatModel = {
  line: "idle",
  mode: "single",
  conversations: [],
  moreConversations: false,
  outgoing: [],
  unread: 0,
  typing: {},
  agentsOnline: false,
}
