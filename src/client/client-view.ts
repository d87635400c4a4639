/** What a host draws: the view, and the messages that are on their way into it. Pure. */
import type { Owner } from "./draft-owner.ts"
import { localIdOf, type Outbox } from "./outbox.ts"
import { unreadTotal } from "./user-view.ts"
import { type ClientView, type OutgoingMessage, resolve, type View } from "./view-model.ts"

export interface ViewParts {
  readonly view: View | undefined
  readonly outbox: Outbox
  readonly owner: Owner | undefined
  /** Whether drafts of this owner may be shown although no state has come yet. */
  readonly expected: (owner: Owner) => boolean
  readonly typing: ClientView["typing"]
  readonly agentsOnline: boolean | undefined
}

/** Drafts of any other user are not shown. */
export function clientViewOf({ view, outbox, owner, expected, typing, agentsOnline }: ViewParts): ClientView {
  const mine = outbox.filter(
    (entry) => !entry.owner || (owner ? entry.owner.userId === owner.userId : expected(entry.owner)),
  )
  const outgoing = mine.map((entry): OutgoingMessage => {
    const { content, metadata, conversationId } = entry.body
    const goesTo = conversationId ? view && resolve(view, conversationId) : view?.conversations[0]?.id
    return {
      localId: localIdOf(entry),
      conversationId: goesTo ?? conversationId,
      content,
      metadata,
      typedAt: entry.typedAt,
      status: entry.state === "waiting" ? "pending" : entry.state,
      error: entry.error,
    }
  })
  return {
    conversations: [],
    more: false,
    aliases: {},
    ...view,
    outgoing,
    unread: view ? unreadTotal(view) : 0,
    typing,
    agentsOnline,
  }
}
