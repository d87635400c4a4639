/**
 * The events of a commit about a busy conversation may be a few messages old: under a steady stream no commit can wait
 * for its log to pause. The change itself is exact; counts and the last message are sent again when they can be exact.
 */

import { setTimeout as delay } from "node:timers/promises"
import { endsWith } from "../domain/change-set.ts"
import { type ConversationState, conversationView } from "../domain/conversation.ts"
import { userEvent } from "../domain/event.ts"
import { fullJitter } from "../lib/backoff.ts"
import type { ConversationId } from "../protocol/branded.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { loadConversationState, resolveConversation } from "./conversation-lookup.ts"

/** The first try is exact: it expects the head of the log that it was decided on. Later ones do without. */
export const isExact = (tries: number): boolean => tries === 1

/** So many messages within so long are a steady stream: a commit that expects the log's head would be in vain. */
const STREAM_MESSAGES = 10
const STREAM_MS = 500

export function isBusy(app: App, { tail }: ConversationState): boolean {
  // What folds leave is not what users and agents write.
  const earlier = tail.filter(({ payload }) => payload.kind === "message").at(-STREAM_MESSAGES)
  return earlier !== undefined && app.now() - earlier.at < STREAM_MS
}

/** Between two tries under a stream: each costs a look at the conversation. */
const PAUSE = { baseMs: 20, capMs: 5_000 }
/** The stream lasts for minutes by then; a device that comes in gets the counts with its state. */
const MAX_TRIES = 60

/** In the background, once for however many changes: no caller waits for it, and no node waits to end. */
export function tellAgain(app: App, conversationId: ConversationId): void {
  const running = app.toldAgain.has(conversationId)
  app.toldAgain.set(conversationId, running ? "again" : "once")
  if (!running) void tellWhenQuiet(app, conversationId)
}

async function tellWhenQuiet(app: App, conversationId: ConversationId): Promise<void> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const again = app.toldAgain.get(conversationId) === "again"
    if (again) app.toldAgain.set(conversationId, "once")
    // If it fails, the next state corrects the counts too.
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
