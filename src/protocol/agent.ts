/** The schemas of agents (docs/protocol.md 6): handshake, commands, and the feed of everything stored in an app. */
import { z } from "zod"
import { COMMANDS } from "./commands.ts"
import { foldedPair, mergeReason, type SignalData } from "./events.ts"
import { limits } from "./handshake.ts"
import { channel, content, conversation, message, ticket, ticketStatus, user } from "./model.ts"
import { id, limit, localId, metadata, position, text, time } from "./scalars.ts"

/** Opaque. Names the last event seen of each partition. */
const cursor = z.string().min(1).max(8192)

export const agentAuth = z.strictObject({
  v: z.literal(1),
  appId: z.string(),
  token: z.string(),
  cursor: cursor.optional(),
})
export type AgentAuth = z.infer<typeof agentAuth>

/** The user of 3.4 with what only agents see. `aliases` are the ids merged into them. */
export const agentUser = user.extend({
  signedUpAt: time,
  lastSeenAt: time.optional(),
  online: z.boolean(),
  aliases: z.array(id),
})
export type AgentUser = z.infer<typeof agentUser>

export const agent = z.strictObject({ id: z.string(), name: z.string().optional() })
export type Agent = z.infer<typeof agent>

/**
 * A ticket as `ticket:list` shows it: with its user, the conversation's last message, and on demand what no agent has
 * read.
 */
export const listedTicket = ticket.extend({
  user: agentUser,
  lastMessage: message.optional(),
  unreadCount: z.int().nonnegative().optional(),
})
export type ListedTicket = z.infer<typeof listedTicket>

/** A device as agents see it: its channel and when it was last connected. Its id is left out: devices send under it. */
export const agentDevice = z.strictObject({ channel, lastSeenAt: time })
export type AgentDevice = z.infer<typeof agentDevice>

/** A change of a user's identity: an anonymous user was upgraded, or another user was merged into this one. */
export const identityChange = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("upgraded"), at: time }),
  z.strictObject({ kind: z.literal("merged"), at: time, reason: mergeReason, discardedId: id }),
])
export type IdentityChange = z.infer<typeof identityChange>

/** An agent who has connected at some time, so that tickets can be assigned by name. */
const knownAgent = agent.extend({ lastSeenAt: time })

const statusCounts = { new: z.int(), open: z.int(), pending: z.int(), hold: z.int() }
const counts = z.strictObject(statusCounts)

/** `mine`, `unassigned` and `unread` count active tickets. */
export const ticketCounts = z.strictObject({
  ...statusCounts,
  mine: z.int(),
  unassigned: z.int(),
  unread: z.int(),
})
export type TicketCounts = z.infer<typeof ticketCounts>

const agentEvent = z.object({
  partition: z.int(),
  offset: z.int(),
  cursor,
  type: z.string(),
  at: time,
  data: z.unknown(),
})

export const agentReady = z.strictObject({
  agent,
  cursor,
  resumed: z.boolean(),
  events: z.array(agentEvent).optional(),
  settings: z.strictObject({ conversationMode: z.enum(["single", "multi"]), limits }),
  counts,
})
export type AgentReady = Omit<z.infer<typeof agentReady>, "events"> & { events?: AgentEvent[] }

const command = <Body extends z.ZodType, Result extends z.ZodType>(body: Body, result: Result) => ({
  body,
  result,
})
const nothing = z.strictObject({})
/** Whether the answer has the user's devices and history. */
const detailed = { details: z.literal(true).optional() }

export const AGENT_COMMANDS = {
  login: command(
    z.strictObject({ jwt: z.string() }),
    z.strictObject({ outcome: z.literal("refreshed"), expiresAt: time, state: agentReady }),
  ),
  "ticket:list": command(
    z.strictObject({
      status: z.array(ticketStatus).min(1).max(6).optional(),
      assignee: text(1, 255).optional(),
      /** Only tickets with a message that no agent has read. */
      unread: z.literal(true).optional(),
      /** Each ticket with the number of messages that no agent has read. */
      withUnread: z.literal(true).optional(),
      before: z.string().max(256).optional(),
      limit: limit.optional(),
    }),
    z.strictObject({ tickets: z.array(listedTicket), next: z.string().optional() }),
  ),
  "ticket:count": command(nothing, z.strictObject({ counts: ticketCounts })),
  "ticket:get": command(
    z.strictObject({ ticketId: id }),
    z.strictObject({ ticket, user: agentUser, conversation, messages: z.array(message) }),
  ),
  "ticket:update": command(
    z.strictObject({
      ticketId: id,
      status: ticketStatus.optional(),
      assigneeId: text(1, 255).nullable().optional(),
      ifUpdatedAt: time.optional(),
    }),
    z.strictObject({ ticket }),
  ),
  "message:send": command(
    z.strictObject({
      conversationId: id,
      localId,
      content,
      metadata: metadata.optional(),
      internal: z.boolean().optional(),
      ifHead: position.optional(),
    }),
    z.strictObject({ message, duplicate: z.boolean() }),
  ),
  "message:list": COMMANDS["message:list"],
  "conversation:read": COMMANDS["conversation:read"],
  "typing:start": COMMANDS["typing:start"],
  "typing:stop": COMMANDS["typing:stop"],
  sync: command(
    z.strictObject({ cursor }),
    z.discriminatedUnion("resumed", [
      z.strictObject({ resumed: z.literal(true), events: z.array(agentEvent), cursor }),
      z.strictObject({ resumed: z.literal(false), state: agentReady }),
    ]),
  ),
  "user:get": command(
    z.union([
      z.strictObject({ userId: id, ...detailed }),
      z.strictObject({ externalId: text(1, 255), ...detailed }),
    ]),
    z.strictObject({
      user: agentUser,
      tickets: z.array(ticket),
      devices: z.array(agentDevice).optional(),
      history: z.array(identityChange).optional(),
    }),
  ),
  "user:search": command(
    z.strictObject({ query: text(1, 255), limit: z.int().min(1).max(50).optional() }),
    z.strictObject({
      found: z.array(z.strictObject({ user: agentUser, ticket: ticket.optional() })),
      more: z.boolean(),
    }),
  ),
  "agent:list": command(nothing, z.strictObject({ agents: z.array(knownAgent) })),
  "viewing:start": command(z.strictObject({ conversationId: id }), nothing),
  "viewing:stop": command(z.strictObject({ conversationId: id }), nothing),
  "conversation:join": command(
    z.strictObject({ survivingId: id, discardedId: id }),
    z.strictObject({ conversation }),
  ),
  watch: command(
    z.strictObject({
      scope: z.enum(["all", "mine", "none"]),
      conversations: z.array(id).max(1000).optional(),
    }),
    nothing,
  ),
} as const

export type AgentCommand = keyof typeof AGENT_COMMANDS
export type AgentBody<C extends AgentCommand> = z.infer<(typeof AGENT_COMMANDS)[C]["body"]>
export type AgentResult<C extends AgentCommand> = C extends "login"
  ? { outcome: "refreshed"; expiresAt: number; state: AgentReady }
  : C extends "sync"
    ? { resumed: true; events: AgentEvent[]; cursor: string } | { resumed: false; state: AgentReady }
    : z.infer<(typeof AGENT_COMMANDS)[C]["result"]>

const about = { userId: id }
const ticketOf = { ticketId: id.optional() }

/** Event type → schema of its data; `userId` is always there. */
export const AGENT_EVENTS = {
  "ticket:create": z.strictObject({ ...about, conversationId: id, ticketId: id, ticket }),
  "ticket:update": z.strictObject({ ...about, conversationId: id, ticketId: id, ticket }),
  "conversation:create": z.strictObject({ ...about, conversationId: id, conversation }),
  "conversation:message": z.strictObject({ ...about, ...ticketOf, conversationId: id, message }),
  "conversation:read": z.strictObject({
    ...about,
    ...ticketOf,
    conversationId: id,
    reader: z.enum(["user", "business"]),
    position,
    unreadCount: z.int().optional(),
  }),
  "conversation:merge": z.strictObject({
    ...about,
    ...ticketOf,
    conversationId: id,
    mergedConversations: z.array(foldedPair),
    conversations: z.array(conversation),
    more: z.literal(true).optional(),
  }),
  "user:update": z.strictObject({ ...about, user, reason: z.enum(["authentication", "profile"]) }),
  "user:merge": z.strictObject({
    ...about,
    reason: mergeReason,
    mergedUsers: z.strictObject({ surviving: user, discarded: z.strictObject({ id }) }),
    mergedConversations: z.array(foldedPair),
    conversations: z.array(conversation),
    more: z.literal(true).optional(),
  }),
} as const

export type AgentEventType = keyof typeof AGENT_EVENTS

/** An event of the agents' feed, without its envelope. */
export type BusinessEvent = {
  [T in AgentEventType]: { type: T; data: z.infer<(typeof AGENT_EVENTS)[T]> }
}[AgentEventType]

/** One entry of the feed of a partition; `offset` rises by exactly 1 there, `cursor` covers all partitions. */
export type AgentEvent = { partition: number; offset: number; cursor: string; at: number } & BusinessEvent

/**
 * Signals of agents beside those of sessions: `typing` as for end users, which users are online, and which colleague
 * has a conversation open.
 */
export const AGENT_SIGNALS = {
  viewing: z.strictObject({ conversationId: id, agent, active: z.boolean() }),
  presence: z.strictObject({ userId: id, online: z.boolean() }),
} as const

/** Those that consoles share with end users. */
type SharedSignal = "typing" | "auth:expiring" | "auth:expired" | "auth:revoked" | "reconnect"
export type AgentSignalData = Pick<SignalData, SharedSignal> & {
  [S in keyof typeof AGENT_SIGNALS]: z.infer<(typeof AGENT_SIGNALS)[S]>
}
