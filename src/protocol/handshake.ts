/** How a device connects, and the state it is given (docs/protocol.md 3.1). */
import { z } from "zod"
import { eventEnvelope, type FeedEvent } from "./events.ts"
import { channel, conversation, user } from "./model.ts"
import { byteLength, cursor, deviceId, time } from "./scalars.ts"

const INFO_BYTES = 4096

/** Version, app and channel are checked one by one, each with an error code of its own, before this schema. */
export const messagingAuth = z.strictObject({
  v: z.literal(1),
  appId: z.string(),
  channel,
  deviceId: deviceId.optional(),
  sessionToken: z.string().max(8192).optional(),
  jwt: z.string().optional(),
  helpCenter: z.literal(true).optional(),
  cursor: cursor.optional(),
  info: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .refine((info) => byteLength(JSON.stringify(info)) <= INFO_BYTES, {
      message: `must not exceed ${INFO_BYTES} bytes`,
    })
    .optional(),
})
export type MessagingAuth = z.infer<typeof messagingAuth>

export const outcome = z.enum(["upgraded", "merged", "signed_in", "switched", "refreshed"])
export type Outcome = z.infer<typeof outcome>

export const readyReason = z.enum(["connect", "login", "logout", "merge", "reset"])
export type ReadyReason = z.infer<typeof readyReason>

export const limits = z.strictObject({
  bodyBytes: z.int(),
  frameBytes: z.int(),
  textCharacters: z.int(),
  metadataBytes: z.int(),
  conversationMessages: z.int(),
  sendsPerSecond: z.number(),
  sendBurst: z.int(),
})

/** Everything a device needs to know to begin, or to begin again. */
export const state = z.strictObject({
  reason: readyReason,
  user,
  device: z.strictObject({ id: z.string(), channel }),
  sessionToken: z.string().optional(),
  login: z.strictObject({ outcome, expiresAt: time }).optional(),
  resumed: z.boolean(),
  events: z.array(eventEnvelope).optional(),
  conversations: z.array(conversation).optional(),
  next: z.string().max(256).optional(),
  cursor,
  settings: z.strictObject({ conversationMode: z.enum(["single", "multi"]), limits }),
})

export type State = Omit<z.infer<typeof state>, "events"> & { events?: FeedEvent[] }
