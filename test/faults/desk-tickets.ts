/**
 * The tickets as a console knows them by what it was told, to be compared with those that there are. Around a merge two
 * partitions tell of one ticket, in no order: what names a user who was merged away changes nothing any more, and else what
 * happened earlier changes nothing that happened later. A user's own partition tells of them in its order, whatever the clocks
 * say.
 */
import { z } from "zod"

/** When somebody was last heard in it is not told with each message, so it is not compared. */
const ticket = z
  .looseObject({
    id: z.string(),
    conversationId: z.string(),
    userId: z.string(),
    updatedAt: z.int(),
    lastActivityAt: z.int(),
  })
  .transform(({ updatedAt: _, lastActivityAt: __, ...rest }) => rest)
type Ticket = z.infer<typeof ticket>

const pairs = z.array(z.object({ surviving: z.string(), discarded: z.string() }))
const change = z.looseObject({
  userId: z.string().optional(),
  mergedUsers: z.looseObject({ discarded: z.looseObject({ id: z.string() }) }).optional(),
  ticket: ticket.optional(),
  mergedConversations: pairs.optional(),
  conversations: z.array(z.looseObject({ id: z.string() })).optional(),
})
export const listedTickets = z.object({
  tickets: z.array(
    z
      .looseObject({
        user: z.unknown(),
        lastMessage: z.unknown().optional(),
        unreadCount: z.unknown().optional(),
      })
      .transform(({ user: _, lastMessage: __, unreadCount: ___, ...rest }) => ticket.parse(rest)),
  ),
  next: z.string().optional(),
})

export class DeskTickets {
  readonly #known = new Map<string, { readonly ticket: Ticket; readonly at: number }>()
  /** Users who were merged away. */
  readonly #gone = new Set<string>()

  /** From here on it is told everything anew, and asks for what it wants to show. */
  clear(): void {
    this.#known.clear()
    this.#gone.clear()
  }

  apply(type: string, at: number, data: unknown): void {
    const { ticket, userId, mergedUsers, mergedConversations = [], conversations = [] } = change.parse(data)
    if (mergedUsers) this.#gone.add(mergedUsers.discarded.id)
    if (ticket && this.#isNews(ticket, at)) this.#known.set(ticket.id, { ticket, at })
    if (userId === undefined || mergedConversations.length + conversations.length === 0) return
    // Tickets go where their conversation goes.
    const into = new Map(mergedConversations.map(({ surviving, discarded }) => [discarded, surviving]))
    const moved = new Set(type === "user:merge" ? conversations.map(({ id }) => id) : [])
    for (const [id, { ticket: one, at: known }] of this.#known) {
      const conversationId = into.get(one.conversationId) ?? one.conversationId
      if (conversationId !== one.conversationId || moved.has(conversationId))
        this.#known.set(id, { ticket: { ...one, conversationId, userId }, at: Math.max(known, at) })
    }
  }

  #isNews(ticket: Ticket, at: number): boolean {
    const known = this.#known.get(ticket.id)
    if (!known || known.ticket.userId === ticket.userId) return true
    if (this.#gone.has(ticket.userId)) return false
    return this.#gone.has(known.ticket.userId) || at >= known.at
  }

  /** What it knows that is not so. */
  falsehoods(truth: readonly Ticket[]): string[] {
    const there = new Map(truth.map((one) => [one.id, print(one)]))
    return [...this.#known.values()].flatMap(({ ticket: one }) => {
      const is = there.get(one.id)
      return print(one) === is ? [] : [`${print(one)} instead of ${is ?? "nothing"}`]
    })
  }
}

const print = (one: Ticket): string =>
  JSON.stringify(Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))))
