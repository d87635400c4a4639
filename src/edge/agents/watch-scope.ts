/** Which live events a console gets (docs/protocol.md 6, `watch`). */
import type { AgentFeedItem } from "../../app/agents/agent-feed.ts"

export class Scope {
  readonly #agentId: string
  readonly #scope: "all" | "mine" | "none"
  readonly #conversations: Set<string>
  /** Tickets seen as the agent's own: the event that assigns one to another agent is still for them. */
  readonly #mine = new Set<string>()

  constructor(
    agentId: string,
    scope: "all" | "mine" | "none" = "all",
    conversations: readonly string[] = [],
  ) {
    this.#agentId = agentId
    this.#scope = scope
    this.#conversations = new Set(conversations)
  }

  get agentId(): string {
    return this.#agentId
  }

  get all(): boolean {
    return this.#scope === "all"
  }

  get mine(): boolean {
    return this.#scope === "mine"
  }

  get conversations(): readonly string[] {
    return [...this.#conversations]
  }

  /** [P5] A console that watches a conversation watches the one it was folded into. Returns whether the scope changed. */
  follows({ event }: AgentFeedItem): boolean {
    if (event.type !== "user:merge" && event.type !== "conversation:merge") return false
    const known = this.#conversations.size
    for (const { surviving, discarded } of event.data.mergedConversations)
      if (this.#conversations.has(discarded)) this.#conversations.add(surviving)
    return this.#conversations.size > known
  }

  covers({ subject }: AgentFeedItem): boolean {
    const { conversationId, ticketId, assigneeId } = subject
    if (this.#scope === "all") return true
    if (conversationId !== undefined && this.#conversations.has(conversationId)) return true
    if (this.#scope === "none") return false
    if (assigneeId === this.#agentId) {
      if (ticketId !== undefined) this.#mine.add(ticketId)
      return true
    }
    return ticketId !== undefined && this.#mine.delete(ticketId)
  }
}
