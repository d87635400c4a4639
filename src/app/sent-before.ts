/** Recognizes repeated sends: whichever id the user had then, the first answer is given again. */

import { messageView } from "../domain/conversation.ts"
import { parseSentAnswer } from "../domain/known-sends.ts"
import { idempotencyKey } from "../domain/message.ts"
import type { UserRecord } from "../domain/records.ts"
import { mergedIdsOf } from "../domain/user.ts"
import type { ConversationId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { Content, Message } from "../protocol/model.ts"
import type { Partition, RepeatedChanges } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { settleConversation } from "./merge-users.ts"

export interface SendCommand {
  readonly localId: string
  readonly conversationId?: ConversationId | undefined
  readonly content: Content
  readonly metadata?: Record<string, string | number | boolean> | undefined
  readonly ifHead?: string | undefined
  readonly internal?: boolean | undefined
}

export interface Sent {
  readonly message: Message
  readonly duplicate: boolean
}

/**
 * Whether a look-up is needed. For the user's present id the commit itself finds a repeat, unless `ifHead` would refuse it
 * before the commit.
 */
export const maybeSentBefore = (user: UserRecord, { ifHead }: SendCommand): boolean =>
  ifHead !== undefined || mergedIdsOf(user, "send").length > 0

/**
 * [3.2] The answer to an earlier send with this `localId`, under any id that the user had in the last days. Where the
 * present id has one, it counts: what was stored under a former id is left out then (`held-sends.ts`). Else the earliest.
 */
export async function firstAnswer(app: App, user: UserRecord, device: string, { localId }: SendCommand) {
  const names = [user.id, ...mergedIdsOf(user, "send")]
  const found = await Promise.all(
    app.partitions.map(async (partition) => {
      const here = names.filter((name) => app.homePartition(name) === partition)
      const known = await partition.findResults(here.map((name) => idempotencyKey(name, device, localId)))
      return known.flatMap((repeated, index) =>
        repeated
          ? [{ partition, repeated, at: here[index] === user.id ? 0 : (repeated.message?.at ?? 0) }]
          : [],
      )
    }),
  )
  return found.flat().sort((a, b) => a.at - b.at)[0]
}

export async function duplicate(
  app: App,
  { partition, repeated }: { partition: Partition; repeated: RepeatedChanges },
): Promise<Sent> {
  const { message } = repeated
  const { log, partition: elsewhere } = parseSentAnswer(repeated.answer)
  const home = elsewhere === undefined ? partition : app.partition(elsewhere)
  const [entry] = message
    ? await home.messages(log, { after: { at: message.at, n: message.n - 1 }, limit: 1 })
    : []
  const [original] = log.split(".")
  const place = await settleConversation(app, original ?? log)
  if (!entry || entry.n !== message?.n || entry.payload.kind !== "message" || !place)
    throw new HubError("internal", "The store knows this message was sent, but does not have it.")
  return { message: messageView(entry.payload, log, entry, place.record.id), duplicate: true }
}
