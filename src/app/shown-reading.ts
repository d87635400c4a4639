/**
 * Users learn how far agents have read only as the position of a message that they see: the position of an internal note
 * would tell when it was written (docs/protocol.md 3.4).
 */
import type { Reading } from "../domain/conversation.ts"
import { justAfter, positionOf } from "../domain/position.ts"
import type { ConversationRecord } from "../domain/records.ts"
import type { Message } from "../protocol/model.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import type { LogCache } from "./log-cache.ts"
import { type KnownTail, logsOf, pageBefore } from "./message-history.ts"

const PAGE = 4

/**
 * The reading of the business side with `shownTo`, where that is another position. Mostly the message is in the tail that
 * was read anyway.
 */
export async function withShown(
  app: App,
  partition: Partition,
  record: ConversationRecord,
  reading: Reading,
  { tail, cache }: { readonly tail?: KnownTail; readonly cache?: LogCache } = {},
): Promise<Reading> {
  const { readTo } = reading
  if (readTo === undefined) return reading
  const met = tail?.entries.find((entry) => positionOf(record.log, entry) === readTo)?.payload
  if (met?.kind === "message" && !met.internal) return reading
  const logs = logsOf(app, partition, record, cache)
  let before = justAfter(readTo)
  // Ends at the beginning of the history at the latest.
  for (;;) {
    const { messages, more } = await pageBefore(logs, record.id, "user", PAGE, { before })
    if (messages.at(-1)?.position === readTo) return reading
    const found = messages.findLast(isReadByAgents)
    if (found) return { ...reading, shownTo: found.position }
    const first = messages[0]
    if (!more || !first) return { ...reading, shownTo: "" }
    before = first.position
  }
}

/** Not the default responder's messages: they count as read by neither side, and may stand between read and unread ones. */
const isReadByAgents = ({ author }: Message): boolean => author.type !== "bot" || author.id !== undefined
