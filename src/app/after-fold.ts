/** Background work after a fold: counts are told again, and long histories compacted. */

import { MAX_SEGMENTS } from "../domain/compaction.ts"
import type { UpdatedConversation } from "../domain/fold.ts"
import type { ConversationId, UserId } from "../protocol/branded.ts"
import type { CommittedChanges } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { compactHistory } from "./compact-history.ts"
import { tellAgain } from "./tell-again.ts"

/** Conversations of one merge whose counts are told again at most: each is a commit of its own. */
const MAX_TOLD_AGAIN = 25

/**
 * Whether the events of a fold are exact although the commit expected no head: its fold entry directly follows the last
 * entry that was read, so no message came between.
 */
export function cameNext(
  [one, ...others]: readonly UpdatedConversation[],
  { message }: CommittedChanges,
): boolean {
  if (!one || others.length > 0) return false
  const [append] = one.appends
  const folds = append?.to === "messages" && append.log === one.state.record.log
  return folds && message?.n === (one.state.head?.n ?? 0) + 1
}

/** @param exact whether the counts in the events were checked against the logs' heads; if not, they are told again */
export function afterFold(app: App, updated: readonly UpdatedConversation[], exact: boolean): void {
  if (!exact) for (const { record } of updated.slice(0, MAX_TOLD_AGAIN)) tellAgain(app, record.id)
  for (const { record } of updated)
    if (record.segments.length > MAX_SEGMENTS) compactInBackground(app, record.userId, record.id)
}

function compactInBackground(app: App, userId: UserId, conversationId: ConversationId): void {
  const before = app.compactions.get(userId)
  const done = Promise.all([before, compactHistory(app, conversationId)]).then(() => {
    if (app.compactions.get(userId) === done) app.compactions.delete(userId)
  })
  app.compactions.set(userId, done)
}
