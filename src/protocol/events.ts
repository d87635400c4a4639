/** The feed of a user (docs/protocol.md 3.3): stored events, and signals that may be lost. */
import { z } from "zod"
import { author, conversation, message, user } from "./model.ts"
import { cursor, id, position, time } from "./scalars.ts"

/** Two conversations became one: the discarded id is an alias of the surviving one for ever. */
export const foldedPair = z.strictObject({ surviving: id, discarded: id })
export type FoldedPair = z.infer<typeof foldedPair>

export const mergeReason = z.enum(["sdkLogin", "helpCenter", "api"])
export type MergeReason = z.infer<typeof mergeReason>

/** Event type → schema of its data. */
export const EVENTS = {
  "conversation:create": z.strictObject({ conversation }),
  "conversation:message": z.strictObject({ conversationId: id, message }),
  "conversation:update": z.strictObject({ conversation }),
  "conversation:read": z.strictObject({
    conversationId: id,
    reader: z.enum(["user", "business"]),
    position,
    unreadCount: z.int().nonnegative().optional(),
  }),
  "conversation:merge": z.strictObject({
    mergedConversations: z.array(foldedPair),
    conversations: z.array(conversation),
    more: z.literal(true).optional(),
  }),
  "user:update": z.strictObject({ user, reason: z.enum(["authentication", "profile"]) }),
  "user:merge": z.strictObject({
    reason: mergeReason,
    mergedUsers: z.strictObject({ surviving: user, discarded: z.strictObject({ id }) }),
    mergedConversations: z.array(foldedPair),
    conversations: z.array(conversation),
    more: z.literal(true).optional(),
  }),
} as const

export type EventType = keyof typeof EVENTS
export type EventData = { [T in EventType]: z.infer<(typeof EVENTS)[T]> }

/** An event as it is stored: the envelope follows from where it lies. */
export type UserEvent = { [T in EventType]: { type: T; data: EventData[T] } }[EventType]

/** One entry of a feed; `offset` rises by exactly 1 per user, `cursor` names this event. */
export type FeedEvent = { offset: number; cursor: string; at: number } & UserEvent

/** The envelope as a client sees it before it knows the type (unknown types are ignored). */
export const eventEnvelope = z.object({
  offset: z.int(),
  cursor,
  type: z.string(),
  at: time,
  data: z.unknown(),
})

/** Signals are not stored and may be lost. */
export const SIGNALS = {
  typing: z.strictObject({ conversationId: id, author, active: z.boolean() }),
  presence: z.strictObject({ agentsOnline: z.boolean() }),
  "auth:expiring": z.strictObject({ expiresAt: time }),
  "auth:expired": z.strictObject({}),
  "auth:required": z.strictObject({ reason: z.literal("session_moved") }),
  "auth:revoked": z.strictObject({ reason: z.enum(["key_deleted", "logout"]) }),
  head: z.strictObject({ offset: z.int().nonnegative() }),
  reconnect: z.strictObject({ afterMs: z.int().nonnegative(), reason: z.string() }),
} as const

export type SignalType = keyof typeof SIGNALS
export type SignalData = { [T in SignalType]: z.infer<(typeof SIGNALS)[T]> }
