/** What a host draws: the view, and the messages that are on their way into it. */
import type { ClientRuntime } from "./client-runtime.ts"
import { localIdOf, type OutboxEntry } from "./outbox.ts"
import { unreadTotal } from "./user-view.ts"
import { type ClientView, type OutgoingMessage, resolve, type View } from "./view-model.ts"

export function clientViewOf(runtime: ClientRuntime): ClientView {
  const { account, othersTyping, connection } = runtime
  const { view } = account
  return {
    conversations: [],
    more: false,
    aliases: {},
    ...view,
    outgoing: account.sender.outbox
      .filter((entry) => isShown(runtime, entry))
      .map((entry) => outgoingOf(view, entry)),
    unread: view ? unreadTotal(view) : 0,
    typing: othersTyping.authors,
    agentsOnline: connection.agentsOnline,
  }
}

/**
 * Drafts of any other user are not shown. Before the first state those of the visitor are, or of the user whom the host
 * says is signed in.
 */
function isShown({ context: { state } }: ClientRuntime, { owner }: OutboxEntry): boolean {
  if (!owner) return true
  if (state.owner) return owner.userId === state.owner.userId
  const { externalId, consumed } = state.record
  return owner.externalId ? owner.externalId === state.expected : !externalId && owner.userId !== consumed
}

function outgoingOf(view: View | undefined, entry: OutboxEntry): OutgoingMessage {
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
}
