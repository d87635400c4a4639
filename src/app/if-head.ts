/** Compare and send [ifHead]: a message that is only stored if no other author has written meanwhile. */
import { endsWith } from "../domain/change-set.ts"
import type { ConversationRecord } from "../domain/records.ts"
import { HubError } from "../protocol/errors.ts"
import type { Author } from "../protocol/model.ts"
import type { Partition } from "../repository/partition.ts"
import type { Actor } from "./actor.ts"
import type { App } from "./app.ts"
import { logsOf, pageAfter } from "./message-history.ts"

interface Place {
  readonly partition: Partition
  readonly record: ConversationRecord
  /** Set where the message creates the conversation, so that no other author can have written in it. */
  readonly created?: object
}

/** Messages newer than `ifHead` that are read at most: with more of them the client is too far behind, and is refused. */
const MAX_NEWER = 100
const NEWER_PAGE = 50

/** [ifHead] Refuses if another author has written after the position; else returns the head to expect. */
export async function unlessOvertaken(app: App, actor: Actor, target: Place, ifHead: string) {
  if (target.created) return []
  const head = await target.partition.messagesHead(target.record.log)
  const logs = logsOf(app, target.partition, target.record)
  let after = ifHead
  for (let read = 0; ; read += NEWER_PAGE) {
    if (read >= MAX_NEWER)
      throw new HubError("conflict", `ifHead: more than ${MAX_NEWER} messages are newer.`)
    const { messages, more } = await pageAfter(logs, target.record.id, actor.side, NEWER_PAGE, after)
    const other = messages.find(({ author }) => isOther(author, actor))
    if (other) throw new HubError("conflict", "Another author has written meanwhile.")
    const last = messages.at(-1)
    if (!more || !last) return [endsWith(target.record.log, head)]
    after = last.position
  }
}

/** A user is overtaken only by the other side; an agent or a bot also by colleagues. */
function isOther(author: Author, actor: Actor): boolean {
  if (actor.side === "user") return author.type !== "user"
  return author.type !== actor.author.type || author.id !== actor.author.id
}
