/** Whether messages stream into a conversation: what is decided on its end is then out of date before it is stored. */
import type { ConversationState } from "../domain/conversation.ts"
import { lately } from "../lib/lately.ts"
import type { Millis } from "../protocol/branded.ts"
import type { Message } from "../protocol/model.ts"
import type { App } from "./app.ts"

/** So many messages within so many milliseconds are a steady stream. */
const STREAM_MESSAGES = 10
const STREAM_MS = 500

export function isBusy(app: App, { tail }: Pick<ConversationState, "tail">): boolean {
  // Fold entries and copies are not written by users or agents.
  return isStreamAt(app, tail.filter(({ payload }) => payload.kind === "message").at(-STREAM_MESSAGES)?.at)
}

/** The same of a conversation's latest messages as they are shown. */
export const isStream = (app: App, messages: readonly Message[]): boolean =>
  isStreamAt(app, messages.at(-STREAM_MESSAGES)?.receivedAt)

const isStreamAt = (app: App, earlier: Millis | undefined): boolean =>
  earlier !== undefined && lately(earlier, app.now(), STREAM_MS)
