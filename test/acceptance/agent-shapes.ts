/** The shapes of sections 5 and 6, written down by a stranger: what an agent's console may be told. */
import { z } from "zod"
import { conversationShape, messageShape } from "./shapes.ts"

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,60}$`))
const time = z.int().positive()
const count = z.int().nonnegative()
const cursor = z.string().min(1)

export const STATUSES = ["new", "open", "pending", "hold", "solved", "closed"] as const
export type Status = (typeof STATUSES)[number]
export const isActive = (status: Status): boolean => status !== "solved" && status !== "closed"

/** With what an end user must never see: `internal`. */
const message = messageShape.extend({ internal: z.literal(true).optional() })
export type AgentMessage = z.infer<typeof message>

const conversation = conversationShape.extend({
  lastMessage: message.optional(),
  messages: z.array(message).optional(),
})
export type AgentConversation = z.infer<typeof conversation>

const person = z
  .strictObject({
    id: id("usr"),
    externalId: z.string().min(1).max(255).optional(),
    authenticated: z.boolean(),
    profile: z.strictObject({
      name: z.string().optional(),
      email: z.string().optional(),
      emailVerified: z.boolean().optional(),
      locale: z.string().optional(),
    }),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    signedUpAt: time,
    lastSeenAt: time,
    online: z.boolean(),
    aliases: z.array(id("usr")),
  })
  .describe("the user of 3.4 with what agents see of them")

/** In an event, which is stored once for all, what changes by the minute may be left out. */
const received = person.partial({ signedUpAt: true, lastSeenAt: true, online: true, aliases: true })

const ticket = z.strictObject({
  id: id("tkt"),
  conversationId: id("con"),
  userId: id("usr"),
  status: z.enum(STATUSES),
  authenticated: z.boolean(),
  assigneeId: z.string().min(1).optional(),
  mergedInto: id("tkt").optional(),
  createdAt: time,
  updatedAt: time,
  lastActivityAt: time,
})
export type Ticket = z.infer<typeof ticket>

const partition = z.union([count, z.string().min(1)])
export type Partition = z.infer<typeof partition>
const envelope = { partition, offset: z.int().positive(), cursor, at: time }
const entry = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({ ...envelope, type: z.literal(type), data })

const about = { userId: id("usr"), conversationId: id("con").optional(), ticketId: id("tkt").optional() }
const within = { ...about, conversationId: id("con") }
const ofTicket = z.strictObject({ ...within, ticketId: id("tkt"), ticket })
const mergedConversations = z.array(z.strictObject({ surviving: id("con"), discarded: id("con") }))

const event = z.discriminatedUnion("type", [
  entry("ticket:create", ofTicket),
  entry("ticket:update", ofTicket),
  entry("conversation:create", z.strictObject({ ...within, conversation })),
  entry("conversation:message", z.strictObject({ ...within, message })),
  entry(
    "conversation:read",
    z.strictObject({
      ...within,
      reader: z.enum(["user", "business"]),
      position: z.string().min(1),
      unreadCount: count.optional(),
    }),
  ),
  entry(
    "conversation:merge",
    z.strictObject({ ...about, mergedConversations, conversations: z.array(conversation) }),
  ),
  entry(
    "user:update",
    z.strictObject({ ...about, user: received, reason: z.enum(["authentication", "profile"]) }),
  ),
  entry(
    "user:merge",
    z.strictObject({
      ...about,
      reason: z.enum(["sdkLogin", "helpCenter", "api"]),
      mergedUsers: z.strictObject({ surviving: received, discarded: z.strictObject({ id: id("usr") }) }),
      mergedConversations,
      conversations: z.array(conversation),
      more: z.literal(true).optional(),
    }),
  ),
])
export type AgentEvent = z.infer<typeof event>

export type AgentEventOf<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>

const state = z
  .strictObject({
    agent: z.strictObject({ id: z.string().min(1), name: z.string().optional() }),
    cursor,
    resumed: z.boolean(),
    events: z.array(event).optional(),
    settings: z.looseObject({ conversationMode: z.enum(["single", "multi"]) }),
    counts: z.strictObject({ new: count, open: count, pending: count, hold: count }),
  })
  .refine((it) => (it.events !== undefined) === it.resumed, { message: "events exactly when resumed" })
export type AgentState = z.infer<typeof state>

export const agentFrames = {
  ready: state,
  event,
  typing: z.strictObject({
    conversationId: id("con"),
    userId: id("usr").optional(),
    author: messageShape.shape.author,
    active: z.boolean(),
  }),
  presence: z.strictObject({ userId: id("usr"), online: z.boolean() }),
  viewing: z.strictObject({
    conversationId: id("con"),
    agent: z.strictObject({ id: z.string().min(1), name: z.string().optional() }),
    active: z.boolean(),
  }),
  "auth:expiring": z.strictObject({ expiresAt: time }),
  "auth:expired": z.strictObject({}),
  "auth:revoked": z.strictObject({ reason: z.enum(["key_deleted", "logout"]) }),
  reconnect: z.strictObject({ afterMs: count, reason: z.string() }),
}
export type AgentFrameName = keyof typeof agentFrames
export const isAgentFrame = (name: string): name is AgentFrameName => Object.hasOwn(agentFrames, name)

export const agentResults = {
  // "renews in place": what else the answer tells is not said, but a state in it is a state.
  login: z.looseObject({ state: state.optional() }),
  "ticket:list": z.strictObject({
    tickets: z.array(
      ticket.extend({ user: person, lastMessage: message.optional(), unreadCount: count.optional() }),
    ),
    next: z.string().optional(),
  }),
  "ticket:get": z.strictObject({
    ticket,
    user: person,
    conversation,
    messages: z.array(message).max(50),
  }),
  "ticket:update": z.strictObject({ ticket }),
  "message:send": z.strictObject({ message, duplicate: z.boolean() }),
  "message:list": z.strictObject({ messages: z.array(message).max(100), more: z.boolean() }),
  "conversation:read": z.strictObject({ unreadCount: count }),
  "conversation:join": z.strictObject({ conversation }),
  "typing:start": z.strictObject({}),
  "typing:stop": z.strictObject({}),
  sync: z.discriminatedUnion("resumed", [
    z.strictObject({ resumed: z.literal(true), events: z.array(event), cursor }),
    z.strictObject({ resumed: z.literal(false), state }),
  ]),
  "user:get": z.strictObject({
    user: person,
    tickets: z.array(ticket),
    devices: z
      .array(z.strictObject({ channel: z.enum(["web", "ios", "android"]), lastSeenAt: time }))
      .optional(),
    history: z
      .array(
        z.discriminatedUnion("kind", [
          z.strictObject({ kind: z.literal("upgraded"), at: time }),
          z.strictObject({
            kind: z.literal("merged"),
            at: time,
            reason: z.enum(["sdkLogin", "helpCenter", "api"]),
            discardedId: id("usr"),
          }),
        ]),
      )
      .optional(),
  }),
  "ticket:count": z.strictObject({
    counts: z.strictObject({
      new: count,
      open: count,
      pending: count,
      hold: count,
      mine: count,
      unassigned: count,
      unread: count,
    }),
  }),
  "user:search": z.strictObject({
    found: z.array(z.strictObject({ user: person, ticket: ticket.optional() })),
    more: z.boolean(),
  }),
  "agent:list": z.strictObject({
    agents: z.array(z.strictObject({ id: z.string().min(1), name: z.string().optional(), lastSeenAt: time })),
  }),
  "viewing:start": z.strictObject({}),
  "viewing:stop": z.strictObject({}),
  watch: z.strictObject({}),
}
export type AgentCommand = keyof typeof agentResults
export type AgentResult<C extends AgentCommand> = z.infer<(typeof agentResults)[C]>
