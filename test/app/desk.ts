/** What an agent's console makes of the feed: the tickets, by nothing but the events that tell of them. */
import { agentItemOf, agentItemsAfter } from "../../src/app/agents/agent-feed.ts"
import { FeedPositions } from "../../src/app/agents/feed-positions.ts"
import type { App } from "../../src/app/app.ts"
import type { AgentEvent } from "../../src/protocol/agent.ts"
import type { FoldedPair } from "../../src/protocol/events.ts"
import type { Ticket } from "../../src/protocol/model.ts"

export class Desk {
  readonly tickets = new Map<string, Ticket>()

  apply(event: AgentEvent): void {
    switch (event.type) {
      case "ticket:create":
      case "ticket:update":
        this.tickets.set(event.data.ticketId, event.data.ticket)
        return
      case "conversation:merge":
        this.#move(event.data.userId, event.data.mergedConversations, () => false)
        return
      case "user:merge": {
        const updated = new Set(event.data.conversations.map(({ id }) => id))
        this.#move(event.data.userId, event.data.mergedConversations, (id) => updated.has(id))
      }
    }
  }

  /** Tickets go where their conversation goes. */
  #move(userId: string, pairs: readonly FoldedPair[], moves: (conversationId: string) => boolean): void {
    const into = new Map(pairs.map(({ surviving, discarded }) => [discarded, surviving]))
    for (const [id, ticket] of this.tickets) {
      const conversationId = into.get(ticket.conversationId) ?? ticket.conversationId
      if (conversationId !== ticket.conversationId || moves(conversationId))
        this.tickets.set(id, { ...ticket, conversationId, userId })
    }
  }
}

/** From the very first event: the cursor of a console that has seen nothing. */
export const beginning = (app: App): FeedPositions => new FeedPositions(app.partitions.map(() => undefined))

/** Everything agents were ever told, as a console that was away all the time gets it. */
export async function toldFromTheBeginning(app: App): Promise<AgentEvent[]> {
  const missed = await agentItemsAfter(app, beginning(app).whole())
  if (!missed) throw new Error("More was told than fits into a frame.")
  return missed.events
}

/** However much it is, partition by partition. */
export async function allTold(app: App): Promise<AgentEvent[][]> {
  return Promise.all(
    app.partitions.map(async (partition) => {
      const entries = await partition.agents({ limit: 10_000 })
      const positions = beginning(app)
      const events: AgentEvent[] = []
      for (const entry of entries)
        events.push((await agentItemOf(app, partition.index, entry, positions)).event)
      return events
    }),
  )
}

/** The order in which it happened, over all partitions. */
export const inTime = (events: readonly AgentEvent[]): AgentEvent[] =>
  events.toSorted((a, b) => a.at - b.at || a.partition - b.partition || a.offset - b.offset)
