/** What a console knows: the events of the app applied one by one, with the feed's rules kept on the way. */
import type {
  AgentConversation,
  AgentEvent,
  AgentMessage,
  AgentState,
  Partition,
  Ticket,
} from "./agent-shapes.ts"
import { isActive } from "./agent-shapes.ts"

const byPosition = (a: AgentMessage, b: AgentMessage): number => (a.position < b.position ? -1 : 1)

export class ConsoleView {
  readonly breaches: string[] = []
  readonly tickets = new Map<string, Ticket>()
  cursor = ""
  /** While `watch` leaves events out, offsets still rise, but not by one. */
  filtered = false
  readonly positions = new Map<Partition, number>()
  readonly #floors = new Map<Partition, number>()
  readonly #rooms = new Map<string, Map<string, AgentMessage>>()

  introduce(state: AgentState): AgentEvent[] {
    if (!state.resumed) {
      this.loosen()
      this.tickets.clear()
      this.#rooms.clear()
    }
    for (const event of state.events ?? []) this.apply(event)
    this.cursor = state.cursor
    return state.events ?? []
  }

  /** The next event may lie anywhere beyond what is known. */
  loosen(): void {
    for (const [partition, offset] of this.positions) this.#floors.set(partition, offset)
    this.positions.clear()
  }

  /** Up to this event everything is known, or was left out on purpose. */
  reached({ partition, offset }: { partition: Partition; offset: number }): boolean {
    return (this.positions.get(partition) ?? 0) >= offset
  }

  apply(event: AgentEvent): void {
    const { partition, offset } = event
    const before = this.positions.get(partition)
    const floor = before ?? this.#floors.get(partition) ?? 0
    const next = before !== undefined && !this.filtered ? offset === before + 1 : offset > floor
    if (!next) this.breaches.push(`[P2] ${event.type} at ${partition}:${offset} follows ${floor}`)
    this.positions.set(partition, offset)
    this.cursor = event.cursor
    this.#change(event)
  }

  #change(event: AgentEvent): void {
    switch (event.type) {
      case "ticket:create":
      case "ticket:update":
        this.#file(event)
        return
      case "conversation:message":
        this.#hear(event.data.conversationId, event.data.message)
        return
      case "conversation:create":
        this.#upsert(event.data.conversation)
        return
      case "conversation:merge":
      case "user:merge":
        this.#fold(event.data.mergedConversations)
        for (const conversation of event.data.conversations) this.#upsert(conversation)
    }
  }

  #file({ type, data }: Extract<AgentEvent, { type: "ticket:create" | "ticket:update" }>): void {
    const { ticket, ticketId, conversationId, userId } = data
    if (ticket.id !== ticketId || ticket.conversationId !== conversationId || ticket.userId !== userId)
      this.breaches.push(`6 ${type} of ${ticketId} brings ${JSON.stringify(ticket)}`)
    if (ticket.authenticated && !isActive(ticket.status))
      this.breaches.push(`5 ${ticketId} is ${ticket.status} and carries the mark`)
    if (type === "ticket:create" && this.tickets.has(ticketId))
      this.breaches.push(`6 ${ticketId} is made a second time`)
    if (this.tickets.get(ticketId)?.status === "closed" && ticket.status !== "closed")
      this.breaches.push(`5 ${ticketId} was closed and is ${ticket.status}`)
    this.tickets.set(ticketId, ticket)
  }

  #hear(conversationId: string, message: AgentMessage): void {
    if (message.conversationId !== conversationId)
      this.breaches.push(`3.4 a message names ${message.conversationId} in an event of ${conversationId}`)
    this.#room(conversationId).set(message.id, message)
  }

  #upsert(conversation: AgentConversation): void {
    const last = conversation.lastMessage
    for (const message of [...(conversation.messages ?? []), ...(last ? [last] : [])])
      this.#hear(conversation.id, message)
  }

  #fold(merged: { surviving: string; discarded: string }[]): void {
    for (const { surviving, discarded } of merged) {
      for (const message of this.#room(discarded).values())
        this.#room(surviving).set(message.id, { ...message, conversationId: surviving })
      this.#rooms.delete(discarded)
    }
  }

  #room(id: string): Map<string, AgentMessage> {
    const room = this.#rooms.get(id) ?? new Map<string, AgentMessage>()
    this.#rooms.set(id, room)
    return room
  }

  messages(conversationId: string): AgentMessage[] {
    return [...(this.#rooms.get(conversationId)?.values() ?? [])].sort(byPosition)
  }

  conversations(): string[] {
    return [...this.#rooms.keys()].sort()
  }

  active(): Ticket[] {
    return [...this.tickets.values()].filter(({ status }) => isActive(status))
  }
}
