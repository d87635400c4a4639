/**
 * [P1] A send that is repeated after a merge is known under the survivor's name, too: the merge carries the answers over,
 * so that no later send has to be looked for under the names of all who were merged.
 */
import type { Millis, UserId } from "../protocol/branded.ts"
import type { KnownAnswer } from "./change-set.ts"
import type { ConversationState, LogEntry } from "./conversation.ts"
import { idempotencyKey } from "./message.ts"
import type { MessagePayload, UserRecord } from "./records.ts"

/** More are not carried: the discarded user's name is remembered instead. */
const MAX_CARRIED = 200
/** Ids of commits are kept for two days at most. */
const KEPT_MS = 48 * 3_600_000

/** What is answered to a repeated send: where its message lies. */
export const sentAnswer = (log: string, partition?: number): string =>
  partition === undefined ? log : `${log} ${partition}`

/** @returns the log, and its partition where it is not the one in which the answer is known */
export function parseSentAnswer(answer: string): { log: string; partition: number | undefined } {
  const [log = "", partition] = answer.split(" ")
  return { log, partition: partition === undefined ? undefined : Number(partition) }
}

/** The device by which a message was sent, as in its idempotency key: agents, bots and the API have none. */
const deviceOf = ({ author, source }: MessagePayload): string =>
  source.deviceId === undefined ? businessDevice(author) : endUserDevice(source.deviceId)
export const endUserDevice = (deviceId: string): string => `d:${deviceId}`
export const businessDevice = ({ type, id }: MessagePayload["author"]): string => `b:${type} ${id ?? ""}`

interface Discarded {
  readonly partition: number
  readonly record: UserRecord
  readonly conversations: readonly ConversationState[]
}

/** @returns `undefined` where not all of what they sent lately is at hand */
export function knownSends(
  { conversations, record, partition }: Discarded,
  into: UserId,
  now: Millis,
): KnownAnswer[] | undefined {
  const old = record.mergedIds.length > 0 || conversations.some((state) => !isWhole(state))
  const known = old
    ? []
    : conversations.flatMap(({ tail, record: { log } }) =>
        tail.flatMap((entry) => answerOf(entry, sentAnswer(log, partition), into, now)),
      )
  return old || known.length > MAX_CARRIED ? undefined : known
}

const isWhole = ({ head, tail, record }: ConversationState): boolean =>
  record.segments.length === 0 && tail.length === (head?.n ?? 0)

function answerOf({ at, n, payload }: LogEntry, answer: string, into: UserId, now: Millis): KnownAnswer[] {
  if (payload.kind !== "message" || payload.localId === undefined || at < now - KEPT_MS) return []
  return [{ id: idempotencyKey(into, deviceOf(payload), payload.localId), at, n: [n], answer }]
}
