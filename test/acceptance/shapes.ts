/**
 * The shapes of the protocol page, written down a second time by a stranger: strict, so that a field the
 * page does not name fails the test that saw it.
 */
import { z } from "zod"

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,60}$`))
const time = z.int().positive()
const count = z.int().nonnegative()
const position = z.string().min(1)
const cursor = z.string().min(1)
const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

const author = z.strictObject({
  type: z.enum(["user", "agent", "bot", "system"]),
  id: z.string().optional(),
  name: z.string().optional(),
})

const link = {
  url: z.string(),
  name: z.string().optional(),
  mediaType: z.string().optional(),
  size: count.optional(),
}
const formField = z.strictObject({
  name: z.string(),
  label: z.string(),
  type: z.enum(["text", "email", "select"]),
  options: z.array(z.string()).optional(),
})
const content = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string().min(1) }),
  z.strictObject({ type: z.literal("image"), ...link }),
  z.strictObject({ type: z.literal("file"), ...link }),
  z.strictObject({ type: z.literal("form"), fields: z.array(formField) }),
  z.strictObject({
    type: z.literal("formResponse"),
    formId: z.string(),
    fields: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  }),
])

/** As an end user may see it: `internal` is for agents only, so the strict shape does not know it. */
const message = z.strictObject({
  id: id("msg"),
  conversationId: id("con"),
  position,
  receivedAt: time,
  localId: z.string().min(1).max(64).optional(),
  author,
  content,
  metadata: metadata.optional(),
  source: z.strictObject({ channel: z.string(), deviceId: z.string().optional() }),
  authenticated: z.boolean(),
})
export type Message = z.infer<typeof message>

const conversation = z.strictObject({
  id: id("con"),
  isDefault: z.boolean(),
  createdAt: time,
  updatedAt: time,
  status: z.enum(["open", "solved", "closed"]),
  unreadCount: count,
  readTo: z.strictObject({ user: position.optional(), business: position.optional() }),
  lastMessage: message.optional(),
  messages: z.array(message).optional(),
  more: z.boolean().optional(),
  metadata: metadata.optional(),
})
export type Conversation = z.infer<typeof conversation>

const user = z.strictObject({
  id: id("usr"),
  externalId: z.string().min(1).max(255).optional(),
  authenticated: z.boolean(),
  profile: z.strictObject({
    name: z.string().optional(),
    email: z.string().optional(),
    emailVerified: z.boolean().optional(),
    locale: z.string().optional(),
  }),
  metadata: metadata.optional(),
})
export type User = z.infer<typeof user>

const mergedConversations = z.array(z.strictObject({ surviving: id("con"), discarded: id("con") }))
const envelope = { offset: z.int().positive(), cursor, at: time }
const entry = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({ ...envelope, type: z.literal(type), data })

const event = z.discriminatedUnion("type", [
  entry("conversation:create", z.strictObject({ conversation })),
  entry("conversation:message", z.strictObject({ conversationId: id("con"), message })),
  entry("conversation:update", z.strictObject({ conversation })),
  entry(
    "conversation:read",
    z
      .strictObject({
        conversationId: id("con"),
        reader: z.enum(["user", "business"]),
        position,
        unreadCount: count.optional(),
      })
      .refine((data) => (data.reader === "user") === (data.unreadCount !== undefined), {
        message: "the count comes with reader user, and only then",
      }),
  ),
  entry("conversation:merge", z.strictObject({ mergedConversations, conversations: z.array(conversation) })),
  entry("user:update", z.strictObject({ user, reason: z.enum(["authentication", "profile"]) })),
  entry(
    "user:merge",
    z.strictObject({
      reason: z.enum(["sdkLogin", "helpCenter", "api"]),
      mergedUsers: z.strictObject({ surviving: user, discarded: z.strictObject({ id: id("usr") }) }),
      mergedConversations,
      conversations: z.array(conversation),
      more: z.literal(true).optional(),
    }),
  ),
])
export type FeedEvent = z.infer<typeof event>

const outcome = z.enum(["upgraded", "merged", "signed_in", "switched", "refreshed"])

const state = z
  .strictObject({
    reason: z.enum(["connect", "login", "logout", "merge", "reset"]),
    user,
    device: z.strictObject({ id: z.string().min(1), channel: z.enum(["web", "ios", "android"]) }),
    sessionToken: z.string().min(1).optional(),
    login: z.strictObject({ outcome, expiresAt: time }).optional(),
    resumed: z.boolean(),
    events: z.array(event).optional(),
    conversations: z.array(conversation).max(25).optional(),
    next: z.string().optional(),
    cursor,
    settings: z.strictObject({
      conversationMode: z.enum(["single", "multi"]),
      limits: z.record(z.string(), z.unknown()),
    }),
  })
  .refine((it) => (it.events !== undefined) === it.resumed, { message: "events exactly when resumed" })
  .refine((it) => (it.conversations === undefined) === it.resumed, {
    message: "conversations when not resumed",
  })
  .refine((it) => !(it.user.authenticated && it.sessionToken), {
    message: "sessionToken: anonymous users only",
  })
  .refine((it) => it.user.authenticated === (it.user.externalId !== undefined), {
    message: "authenticated users have an external id, anonymous ones have none",
  })
export type State = z.infer<typeof state>

export const frames = {
  ready: state,
  event,
  typing: z.strictObject({ conversationId: id("con"), author, active: z.boolean() }),
  presence: z.strictObject({ agentsOnline: z.boolean() }),
  "auth:expiring": z.strictObject({ expiresAt: time }),
  "auth:expired": z.strictObject({}),
  "auth:required": z.strictObject({ reason: z.literal("session_moved") }),
  "auth:revoked": z.strictObject({ reason: z.enum(["key_deleted", "logout"]) }),
  head: z.strictObject({ offset: count }),
  reconnect: z.strictObject({ afterMs: count, reason: z.string() }),
}
export type FrameName = keyof typeof frames
export const isFrame = (name: string): name is FrameName => Object.hasOwn(frames, name)

export const results = {
  login: z.strictObject({ outcome, expiresAt: time, state }),
  logout: z.strictObject({ state }),
  "message:send": z.strictObject({ message, duplicate: z.boolean() }),
  "message:list": z.strictObject({ messages: z.array(message).max(100), more: z.boolean() }),
  "conversation:create": z.strictObject({ conversation }),
  "conversation:list": z.strictObject({
    conversations: z.array(conversation).max(100),
    next: z.string().optional(),
  }),
  "conversation:read": z.strictObject({ unreadCount: count }),
  sync: z.discriminatedUnion("resumed", [
    z.strictObject({ resumed: z.literal(true), events: z.array(event), cursor }),
    z.strictObject({ resumed: z.literal(false), state }),
  ]),
  "profile:update": z.strictObject({ user }),
  "typing:start": z.strictObject({}),
  "typing:stop": z.strictObject({}),
}
export type Command = keyof typeof results
export type Result<C extends Command> = z.infer<(typeof results)[C]>

/** Section 4.7, in its order. */
const CODES = [
  ...[
    "bad_request",
    "not_found",
    "forbidden",
    "conflict",
    "rate_limited",
    "payload_too_large",
    "unavailable",
  ],
  ...["internal", "app_not_found", "version_not_supported", "origin_not_allowed", "channel_not_supported"],
  ...["agent_workspace_required", "session_invalid", "session_consumed", "token_malformed", "token_expired"],
  ...[
    "token_not_yet_valid",
    "token_revoked",
    "kid_missing",
    "kid_unknown",
    "expiry_missing",
    "alg_not_allowed",
  ],
  ...["signature_invalid", "scope_invalid", "external_id_missing", "external_id_invalid", "email_conflict"],
  "conversation_locked",
]
export const wireError = z.strictObject({
  code: z.string().refine((code) => CODES.includes(code), { message: "is not in the table of 4.7" }),
  message: z.string().min(1),
  retryable: z.boolean(),
  retryAfterMs: z.int().positive().optional(),
})
export type WireError = z.infer<typeof wireError>

export const acknowledgement = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: wireError }),
])
export { conversation as conversationShape, message as messageShape }
