/**
 * The events of a commit about a busy conversation may be a few messages old: under a steady stream no commit can wait
 * for its log to pause. The change itself is exact; counts and the last message are sent again when they can be exact.
 */
import { conversationView } from "../domain/conversation.ts"
import { userEvent } from "../domain/event.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { loadConversationState, resolveConversation } from "./conversation-lookup.ts"

/** The first try is exact: it expects the head of the log that it was decided on. Later ones do without. */
export const isExact = (tries: number): boolean => tries === 1

/** In the background: no caller waits for it, and if it fails the next message or state corrects the counts too. */
export function tellAgain(app: App, conversationId: string): void {
  transact<void>(app, "conversation:tell-again", async (reads) => {
    const place = await resolveConversation(app, conversationId, reads)
    if (!place) return { answer: undefined }
    const state = await loadConversationState(app, place, reads)
    const { record, versioned, markers, reading, last, head } = state
    const conversation = conversationView(record, reading, "user", last.user)
    return {
      partition: place.partition,
      changeSet: {
        expect: [versioned, markers],
        heads: [{ log: record.log, n: head?.n ?? 0 }],
        append: [userEvent(record.userId, { type: "conversation:update", data: { conversation } })],
      },
      committed: () => undefined,
    }
  }).catch(() => undefined)
}
