/**
 * What a device knows: the last state it was given, with every event since applied. It keeps the feed's own
 * rules while it does so (3.3) and writes down each breach.
 */
import type { Conversation, FeedEvent, Message, State, User } from "./shapes.ts"

interface Room {
  facts: Conversation
  messages: Map<string, Message>
  more: boolean
}

/** One conversation as two observers can compare it. */
export interface ShownConversation {
  id: string
  isDefault: boolean
  status: string
  unreadCount: number
  /** How far this user has read. */
  readTo: string | undefined
  more: boolean
  messages: Message[]
}

export const byPosition = (a: Message, b: Message): number =>
  a.position < b.position ? -1 : a.position > b.position ? 1 : 0
export const textOf = (message: Message): string =>
  message.content.type === "text" ? message.content.text : ""

export class View {
  readonly breaches: string[] = []
  user: User | undefined
  cursor = ""
  offset: number | undefined
  #rooms = new Map<string, Room>()
  #foreign = new Set<string>()
  /** What was folded into what, as events told. */
  #folded = new Map<string, string>()
  /** Resumed without the state before it: conversations are met on the way. */
  #partial = false
  #floors = new Map<string, number>()

  /** A `ready`, or the state of an ack: replaces everything, unless it resumes. */
  introduce(state: State): FeedEvent[] {
    const before = new Set(this.#rooms.keys())
    if (this.user && this.offset !== undefined) this.#floors.set(this.user.id, this.offset)
    if (this.user === undefined) this.#partial = state.resumed
    else if (!state.resumed) this.#partial = false
    const changed = this.user !== undefined && this.user.id !== state.user.id
    this.user = state.user
    if (state.resumed) {
      for (const event of state.events ?? []) this.apply(event)
    } else {
      this.#rooms = new Map()
      this.offset = undefined
      for (const conversation of state.conversations ?? []) this.#upsert(conversation)
      const known = new Set((state.conversations ?? []).map(({ id }) => id))
      const complete = (state.conversations ?? []).length < 25
      this.#foreign = new Set(changed && complete ? [...before].filter((id) => !known.has(id)) : [])
    }
    this.user = state.user
    this.cursor = state.cursor
    return state.events ?? []
  }

  apply(event: FeedEvent): void {
    const floor = this.#floors.get(this.user?.id ?? "") ?? 0
    if (this.offset !== undefined && event.offset !== this.offset + 1)
      this.breaches.push(`[P2] offset ${event.offset} follows ${this.offset}`)
    if (this.offset === undefined && event.offset <= floor)
      this.breaches.push(`[P2] offset ${event.offset} after a full state beyond ${floor}`)
    this.offset = event.offset
    this.cursor = event.cursor
    if (event.type !== "user:merge") this.#refuseForeign(event)
    this.#change(event)
  }

  #refuseForeign(event: FeedEvent): void {
    const said = JSON.stringify(event.data)
    for (const id of this.#foreign)
      if (said.includes(id)) this.breaches.push(`[P4] ${event.type} speaks of ${id} of an earlier identity`)
  }

  #change(event: FeedEvent): void {
    switch (event.type) {
      case "conversation:create":
      case "conversation:update":
        this.#upsert(event.data.conversation)
        return
      case "conversation:message":
        this.#hear(event.data.conversationId, event.data.message)
        return
      case "conversation:read": {
        const room = this.#rooms.get(event.data.conversationId)
        if (room && event.data.unreadCount !== undefined) {
          room.facts.unreadCount = event.data.unreadCount
          readBy(room, event.data.position)
        }
        return
      }
      case "user:update":
        this.#mine(event.data.user)
        return
      case "user:merge":
        this.#mine(event.data.mergedUsers.surviving)
        this.#fold(event.data)
        return
      case "conversation:merge":
        this.#fold(event.data)
    }
  }

  #mine(user: User): void {
    if (user.id !== this.user?.id)
      this.breaches.push(`[P4] an event speaks of ${user.id}, not of ${this.user?.id}`)
    this.user = user
  }

  #hear(conversationId: string, message: Message): void {
    if (message.conversationId !== conversationId)
      this.breaches.push(`3.4 a message names ${message.conversationId} in an event of ${conversationId}`)
    const room = this.#rooms.get(conversationId) ?? this.#meet(conversationId)
    const known = room.messages.has(message.id)
    room.messages.set(message.id, message)
    room.facts.lastMessage = message
    if (message.author.type === "user") {
      room.facts.unreadCount = 0
      readBy(room, message.position)
    } else if (!known) room.facts.unreadCount += 1
  }

  #meet(id: string): Room {
    if (!this.#partial) this.breaches.push(`3.3 a message in ${id}, which nobody introduced`)
    const facts = {
      id,
      isDefault: true,
      createdAt: 0,
      updatedAt: 0,
      status: "open" as const,
      unreadCount: 0,
      readTo: {},
    }
    const room = { facts, messages: new Map(), more: true }
    this.#rooms.set(id, room)
    return room
  }

  #fold(data: {
    mergedConversations: { surviving: string; discarded: string }[]
    conversations: Conversation[]
  }) {
    for (const { surviving, discarded } of data.mergedConversations) {
      this.#folded.set(discarded, surviving)
      const from = this.#rooms.get(discarded)
      const into = this.#rooms.get(surviving)
      this.#rooms.delete(discarded)
      if (!from || !into) continue
      for (const message of from.messages.values())
        into.messages.set(message.id, { ...message, conversationId: surviving })
      into.more ||= from.more
    }
    for (const conversation of data.conversations) this.#upsert(conversation)
  }

  #upsert(conversation: Conversation): void {
    const { messages, more, ...facts } = conversation
    const room = this.#rooms.get(conversation.id) ?? { facts, messages: new Map(), more: false }
    room.facts = facts
    room.more ||= more === true
    const last = conversation.lastMessage
    for (const message of [...(messages ?? []), ...(last ? [last] : [])]) {
      if (message.conversationId !== conversation.id)
        this.breaches.push(`3.4 ${message.id} names ${message.conversationId} inside ${conversation.id}`)
      room.messages.set(message.id, message)
    }
    this.#rooms.set(conversation.id, room)
  }

  conversations(): ShownConversation[] {
    return [...this.#rooms.values()]
      .map(({ facts, messages, more }) => shownConversation(facts, [...messages.values()], more))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  conversation(id: string): ShownConversation | undefined {
    const into = this.#folded.get(id)
    return into === undefined ? this.conversations().find((each) => each.id === id) : this.conversation(into)
  }

  has(messageId: string): boolean {
    return [...this.#rooms.values()].some(({ messages }) => messages.has(messageId))
  }

  shows(text: string): boolean {
    for (const { messages } of this.#rooms.values())
      for (const message of messages.values()) if (textOf(message) === text) return true
    return false
  }

  texts(): string[] {
    return this.conversations().flatMap(({ messages }) => messages.map(textOf))
  }
}

/** A marker only moves forward. */
function readBy(room: Room, position: string): void {
  if (position > (room.facts.readTo.user ?? "")) room.facts.readTo = { ...room.facts.readTo, user: position }
}

export function shownConversation(
  facts: Conversation,
  messages: Message[],
  more: boolean,
): ShownConversation {
  const { id, isDefault, status, unreadCount, readTo } = facts
  return {
    ...{ id, isDefault, status, unreadCount, readTo: readTo.user, more },
    messages: messages.sort(byPosition),
  }
}
