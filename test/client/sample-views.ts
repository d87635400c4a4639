/** Small states, conversations, messages and events for the tests of the client's pure parts. */
import type { EventData, EventType, FeedEvent } from "../../src/protocol/events.ts"
import type { State } from "../../src/protocol/handshake.ts"
import type { Conversation, Message, User } from "../../src/protocol/model.ts"

export const position = (at: number): string => `${at.toString(16).padStart(12, "0")}AAAAAAAA${"0".repeat(6)}`

export const anonymous = (id = "usr_anna"): User => ({ id, authenticated: false, profile: {} })
export const person = (id: string, externalId: string): User => ({
  ...anonymous(id),
  externalId,
  authenticated: true,
})

/** A message received at `at`; by default the user's own. */
export function said(at: number, more: Partial<Message> = {}): Message {
  return {
    id: `msg_${at}`,
    conversationId: "con_one",
    position: position(at),
    receivedAt: at,
    author: { type: "user", id: "usr_anna" },
    content: { type: "text", text: `at ${at}` },
    source: { channel: "web" },
    authenticated: false,
    ...more,
  }
}

export const answered = (at: number, more: Partial<Message> = {}): Message =>
  said(at, { author: { type: "agent", id: "agent" }, source: { channel: "agent" }, ...more })

export function conversation(
  messages: readonly Message[] = [],
  more: Partial<Conversation> = {},
): Conversation {
  const last = messages.at(-1)
  return {
    id: "con_one",
    isDefault: true,
    createdAt: 1,
    updatedAt: last?.receivedAt ?? 1,
    status: "open",
    unreadCount: 0,
    readTo: {},
    ...(last && { lastMessage: last }),
    messages: [...messages],
    ...more,
  }
}

const limits: State["settings"]["limits"] = {
  bodyBytes: 65_536,
  frameBytes: 262_144,
  textCharacters: 4096,
  metadataBytes: 4096,
  conversationMessages: 30_000,
  sendsPerSecond: 20,
  sendBurst: 100,
}

export const state = (conversations: readonly Conversation[] = [], more: Partial<State> = {}): State => ({
  reason: "connect",
  user: anonymous(),
  device: { id: "device", channel: "web" },
  resumed: false,
  conversations: [...conversations],
  cursor: "c0",
  settings: { conversationMode: "single", limits },
  ...more,
})

export function event<T extends EventType>(offset: number, type: T, data: EventData[T]): FeedEvent {
  // The pair of type and data is given by the caller; TypeScript cannot see that it is one of the union.
  return { offset, cursor: `c${offset}`, type, at: offset, data } as FeedEvent
}

export const messageEvent = (offset: number, message: Message): FeedEvent =>
  event(offset, "conversation:message", { conversationId: message.conversationId, message })

export const textsOf = (messages: readonly Message[]): (string | undefined)[] =>
  messages.map(({ content }) => (content.type === "text" ? content.text : undefined))

export const loginResult = (
  outcome: "signed_in" | "switched" | "refreshed" | "upgraded" = "signed_in",
): { outcome: typeof outcome; expiresAt: number } => ({ outcome, expiresAt: 9 })
