/**
 * Sends counts again that may have been some messages old. While messages stream into a conversation, a commit that expects
 * the log's end would conflict each time, so changes are stored without that. The change itself is exact; the counts and the
 * last message in its event are corrected when the stream pauses.
 */

import { setTimeout as delay } from "node:timers/promises"
import { endsWith } from "../domain/change-set.ts"
import { conversationView } from "../domain/conversation.ts"
import { userEvent } from "../domain/event-entries.ts"
import { fullJitter } from "../lib/backoff.ts"
import type { ConversationId } from "../protocol/branded.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { loadConversationState, resolveConversation } from "./conversation-lookup.ts"

/** Whether a try expects the log's end on which it was decided: only the first one does. */
export const isExact = (tries: number): boolean => tries === 1

/** The pauses between tries: each try reads the conversation. */
const PAUSE = { baseMs: 20, capMs: 5_000 }
/** After so many tries, which take minutes, it gives up; a device gets exact counts with its next state. */
const MAX_TRIES = 60

/** Sends the counts in the background, once for however many changes. No caller waits for it, nor does the shutdown. */
export function tellAgain(app: App, conversationId: ConversationId): void {
  const running = app.toldAgain.has(conversationId)
  app.toldAgain.set(conversationId, running ? "again" : "once")
  if (!running) void tellWhenQuiet(app, conversationId)
}

async function tellWhenQuiet(app: App, conversationId: ConversationId): Promise<void> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const again = app.toldAgain.get(conversationId) === "again"
    if (again) app.toldAgain.set(conversationId, "once")
    // A failure ends it: the next state corrects the counts, too.
    const done = await tellOnce(app, conversationId).catch(() => true)
    if (done && app.toldAgain.get(conversationId) === "once") break
    if (!done) await delay(fullJitter(tries, PAUSE, Math.random()), undefined, { ref: false })
  }
  app.toldAgain.delete(conversationId)
}

/** @returns whether it was told; `false`: another message came meanwhile */
function tellOnce(app: App, conversationId: ConversationId): Promise<boolean> {
  return transact<boolean>(app, "conversation:tell-again", async (reads, tries) => {
    const place = tries === 1 ? await resolveConversation(app, conversationId, reads) : undefined
    if (!place) return { answer: tries === 1 }
    const state = await loadConversationState(app, place, reads)
    const { record, versioned, markers, reading, last, head } = state
    const conversation = conversationView(record, reading, "user", last.user)
    return {
      partition: place.partition,
      changeSet: {
        expect: [versioned, markers],
        heads: [endsWith(record.log, head)],
        append: [userEvent(record.userId, { type: "conversation:update", data: { conversation } })],
      },
      committed: () => true,
    }
  })
}
