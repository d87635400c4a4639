/** What follows in the background once a history was folded into another one. */

import { MAX_SEGMENTS } from "../domain/compaction.ts"
import type { UpdatedConversation } from "../domain/fold.ts"
import type { ConversationId, UserId } from "../protocol/branded.ts"
import type { Committed } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { compactHistory } from "./compact.ts"
import { tellAgain } from "./tell-again.ts"

/** A merge of very many conversations is not followed by as many more commits: the busiest come first. */
const MAX_TOLD_AGAIN = 25

/**
 * Whether what was told is exact though no head was expected: the fold's entry follows the last one that was read, so
 * nothing came between.
 */
export function cameNext([one, ...others]: readonly UpdatedConversation[], { message }: Committed): boolean {
  if (!one || others.length > 0) return false
  const [append] = one.appends
  const folds = append?.to === "messages" && append.log === one.state.record.log
  return folds && message?.n === (one.state.head?.n ?? 0) + 1
}

/** @param exact `false`: events were told whose counts were not checked against the logs' heads */
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
