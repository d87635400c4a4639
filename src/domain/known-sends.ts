/**
 * [P1] A merge makes the discarded user's recent sends known under the survivor's id, with their answers. So a device that
 * repeats one after the merge gets the first answer, without a look-up under every id that the person ever had.
 */
import type { Millis, UserId } from "../protocol/branded.ts"
import { idName, type KnownAnswer } from "./change-set.ts"
import type { ConversationState, LogEntry } from "./conversation.ts"
import type { LogPayload, MessagePayload } from "./log-payloads.ts"
import { idempotencyKey } from "./message.ts"
import type { UserRecord } from "./records.ts"

/** Of more sends only the latest are carried over; the discarded user's id goes into `mergedIds` and is looked up, too. */
const MAX_CARRIED = 200
/** How long a store keeps the ids of commits, at most. */
const KEPT_MS = 48 * 3_600_000

/** The stored answer to a send: the log of its message, and the log's partition if it is another one. */
export const sentAnswer = (log: string, partition?: number): string =>
  partition === undefined ? log : `${log} ${partition}`

/** @returns the log, and its partition where it is not the one in which the answer is known */
export function parseSentAnswer(answer: string): { log: string; partition: number | undefined } {
  const [log = "", partition] = answer.split(" ")
  return { log, partition: partition === undefined ? undefined : Number(partition) }
}

/** The device part of a send's idempotency key. Agents, bots and the API have no device; their name stands for it. */
const deviceOf = ({ author, source }: MessagePayload): string =>
  source.deviceId === undefined ? businessDevice(author) : endUserDevice(source.deviceId)
export const endUserDevice = (deviceId: string): string => `d:${deviceId}`
export const businessDevice = ({ type, id }: MessagePayload["author"]): string => `b:${type} ${id ?? ""}`

interface Discarded {
  readonly partition: number
  readonly record: UserRecord
  readonly conversations: readonly ConversationState[]
  /** Sends that the survivor has an answer to already, by `idName`. */
  readonly answeredSends?: ReadonlySet<string> | undefined
}

/** @returns the latest sends; `whole` where these are all that the user sent lately */
export function knownSends(
  { conversations, record, partition, answeredSends }: Discarded,
  into: UserId,
  now: Millis,
): { readonly known: readonly KnownAnswer[]; readonly whole: boolean } {
  const all = conversations.flatMap(({ tail, record: { log } }) =>
    tail.flatMap((entry) => answerOf(entry, sentAnswer(log, partition), into, now)),
  )
  const known = all.length > MAX_CARRIED ? all.toSorted((a, b) => a.at - b.at).slice(-MAX_CARRIED) : all
  return {
    known: answeredSends ? known.filter(({ id }) => !answeredSends.has(idName(id))) : known,
    whole: record.mergedIds.length === 0 && conversations.every(isWhole) && known === all,
  }
}

const isWhole = ({ head, tail, record }: ConversationState): boolean =>
  record.segments.length === 0 && tail.length === (head?.n ?? 0)

function answerOf({ at, n, payload }: LogEntry, answer: string, into: UserId, now: Millis): KnownAnswer[] {
  const id = at < now - KEPT_MS ? undefined : sendId(payload, into)
  return id ? [{ id, at, n: [n], answer }] : []
}

/** The id under which this user sent, or would have sent, what an entry holds. */
export function sendId(payload: LogPayload, userId: UserId): KnownAnswer["id"] | undefined {
  if (payload.kind !== "message" || payload.localId === undefined) return undefined
  return idempotencyKey(userId, deviceOf(payload), payload.localId)
}
