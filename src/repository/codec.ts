/**
 * Records and log entries as bytes: arrays with a format number first and then the fields in a fixed order, so that a field
 * can be added at the end without touching what is stored. Only the hub's own bytes are decoded here, never a client's.
 */

import type {
  AgentPayload,
  Checkpoint,
  ControlPayload,
  FeedPayload,
  LogPayload,
  MessagePayload,
} from "../domain/log-payloads.ts"
import type { Kind, Records } from "../domain/records.ts"
import { encodeMessage, MESSAGE_ROW, messageOf } from "./message-codec.ts"
import { pack, unpack } from "./packing.ts"

export interface Codec<T> {
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

interface RowCodec<T> extends Codec<T> {
  /** @param row an unpacked array: its first number was looked at to see what it is */
  fromRow(row: unknown): T
}

const FORMAT = 1
/** Keeps the place of a field that is no longer written, so that stored rows keep their order. */
const RETIRED = "-"

/** Compiles only if `fields` names every field of T: a new field cannot be forgotten here. */
const fields =
  <T extends object>() =>
  <const F extends readonly ((keyof T & string) | typeof RETIRED)[]>(
    names: F &
      (Exclude<keyof T, F[number]> extends never ? unknown : { missing: Exclude<keyof T, F[number]> }),
  ): RowCodec<T> => {
    const fromRow = (row: unknown): T => {
      if (!Array.isArray(row) || row[0] !== FORMAT) throw new Error("A stored value has an unknown format.")
      const value: Record<string, unknown> = {}
      names.forEach((name, index) => {
        const cell: unknown = row[index + 1]
        if (name !== RETIRED && cell !== null && cell !== undefined) value[name] = cell
      })
      // The boundary between bytes and types: only `encode` below writes these bytes.
      return value as T
    }
    return {
      encode(value) {
        const row: unknown[] = [FORMAT]
        for (const name of names) row.push(name === RETIRED ? null : (value[name] ?? null))
        while (row.at(-1) === null) row.pop()
        return pack(row)
      },
      decode: (bytes) => fromRow(unpack(bytes)),
      fromRow,
    }
  }

export const RECORD_CODECS: { readonly [K in Kind]: Codec<Records[K]> } = {
  app: fields<Records["app"]>()(["id", "settings", "createdAt", "partitions", "keys", "name", "development"]),
  user: fields<Records["user"]>()([
    "id",
    "createdAt",
    "profile",
    "mergedIds",
    "externalId",
    "metadata",
    "defaultConversation",
    "mergeState",
    "tokensAfter",
    "activeTickets",
    "upgradedAt",
    "logouts",
    "ended",
    "profileToldAt",
    "profileUntold",
  ]),
  conversation: fields<Records["conversation"]>()([
    "id",
    "userId",
    "createdAt",
    "isDefault",
    "log",
    "segments",
    RETIRED,
    "metadata",
    "forwardedTo",
    "ticket",
    "form",
    "previousTickets",
    "folds",
    "leftOut",
  ]),
  markers: fields<Records["markers"]>()(["user", "business"]),
  directory: fields<Records["directory"]>()(["externalId", "userId"]),
  email: fields<Records["email"]>()(["email", "externalId", "reservedAt"]),
  imported: fields<Records["imported"]>()(["into", "mergeId", "steps"]),
  ticket: fields<Records["ticket"]>()(["conversationId", "previous"]),
  agent: fields<Records["agent"]>()(["id", "lastSeenAt", "name"]),
}

/** The rows of messages that were stored before `message-codec.ts`. */
const namedMessage = fields<Omit<MessagePayload, "kind">>()([
  "id",
  "author",
  "content",
  "source",
  "authenticated",
  "localId",
  "metadata",
  "internal",
])

const storedMessage = (row: unknown): MessagePayload =>
  Array.isArray(row) && row[0] === MESSAGE_ROW
    ? messageOf(row)
    : { kind: "message", ...namedMessage.fromRow(row) }

const FOLD = 2
const COPY = 3
const COPY_READINGS = [undefined, "read", "unread"] as const

/**
 * Message logs hold messages (an array that begins with 4, formerly with 1), folds (one that begins with 2), and copies of
 * messages (one that begins with 3 and has the message's own bytes in it).
 */
export const logPayload: Codec<LogPayload> = {
  encode(value) {
    switch (value.kind) {
      case "message":
        return encodeMessage(value)
      case "fold":
        return pack([FOLD, value.log, value.partition, ...(value.checkpoint ? [value.checkpoint] : [])])
      case "copy": {
        const [user, business] = [COPY_READINGS.indexOf(value.user), COPY_READINGS.indexOf(value.business)]
        return pack([COPY, value.log, value.n, user, business, encodeMessage(value.message)])
      }
    }
  },
  decode(bytes) {
    const row = unpack(bytes)
    if (Array.isArray(row) && row[0] === FOLD)
      // The boundary between bytes and types: only `encode` above writes these bytes.
      return {
        kind: "fold",
        log: String(row[1]),
        partition: Number(row[2]),
        checkpoint: row[3] as Checkpoint,
      }
    if (Array.isArray(row) && row[0] === COPY) {
      const [, log, n, user, business, message] = row
      return {
        kind: "copy",
        log: String(log),
        n: Number(n),
        user: COPY_READINGS[Number(user)],
        business: COPY_READINGS[Number(business)],
        message: storedMessage(unpack(message)),
      }
    }
    return storedMessage(row)
  },
}

const plain = <T>(): Codec<T> => ({
  encode: (value) => pack(value),
  // The boundary between bytes and types: only `encode` above writes these bytes.
  decode: (bytes) => unpack(bytes) as T,
})

const rowObject = plain<FeedPayload>()
const MESSAGE = new Uint8Array(0)

/** A feed's pointer to a message has no bytes: the entry it points to says everything. */
export const feedPayload: Codec<FeedPayload> = {
  encode: (value) => (value.kind === "message" ? MESSAGE : rowObject.encode(value)),
  decode: (bytes) => (bytes.length === 0 ? { kind: "message" } : rowObject.decode(bytes)),
}

const AGENT_MESSAGE = 1

/** The most frequent entry of the agents' feed, one for each message, is written without field names. */
export const agentPayload: Codec<AgentPayload> = {
  encode(value) {
    if (value.kind !== "message") return pack(value)
    const { userId, ticketId, assigneeId } = value.subject
    return pack([AGENT_MESSAGE, userId, ticketId ?? null, assigneeId ?? null])
  },
  decode(bytes) {
    const row = unpack(bytes)
    // The boundary between bytes and types: only `encode` above writes these bytes.
    if (!Array.isArray(row)) return row as AgentPayload
    const [, userId, ticketId, assigneeId] = row
    return {
      kind: "message",
      subject: {
        userId: String(userId),
        ...(ticketId && { ticketId: String(ticketId) }),
        ...(assigneeId && { assigneeId: String(assigneeId) }),
      },
    }
  },
}

export const controlPayload: Codec<ControlPayload> = plain<ControlPayload>()
