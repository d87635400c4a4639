/**
 * The one table of commands of an end user (docs/protocol.md 3.2): name → schema of the body, schema of the result.
 * Types, acknowledgements, validation and the fingerprint come from it.
 */
import { z } from "zod"
import { eventEnvelope, type FeedEvent } from "./events.ts"
import { outcome, type State, state } from "./handshake.ts"
import { conversation, endUserContent, message, user } from "./model.ts"
import { cursor, email, id, limit, localId, metadata, position, text, time } from "./scalars.ts"

const command = <Body extends z.ZodType, Result extends z.ZodType>(body: Body, result: Result) => ({
  body,
  result,
})
const nothing = z.strictObject({})

export const COMMANDS = {
  login: command(z.strictObject({ jwt: z.string() }), z.strictObject({ outcome, expiresAt: time, state })),
  logout: command(z.strictObject({ everywhere: z.boolean().optional() }), z.strictObject({ state })),
  "message:send": command(
    z.strictObject({
      localId,
      conversationId: id.optional(),
      content: endUserContent,
      metadata: metadata.optional(),
      ifHead: position.optional(),
    }),
    z.strictObject({ message, duplicate: z.boolean() }),
  ),
  "message:list": command(
    z.strictObject({
      conversationId: id,
      before: position.optional(),
      after: position.optional(),
      limit: limit.optional(),
    }),
    z.strictObject({ messages: z.array(message), more: z.boolean() }),
  ),
  "conversation:create": command(
    z.strictObject({ localId: localId.optional(), metadata: metadata.optional() }),
    z.strictObject({ conversation }),
  ),
  "conversation:list": command(
    z.strictObject({ before: z.string().max(256).optional(), limit: limit.optional() }),
    z.strictObject({ conversations: z.array(conversation), next: z.string().optional() }),
  ),
  "conversation:read": command(
    z.strictObject({ conversationId: id, position }),
    z.strictObject({ unreadCount: z.int().nonnegative() }),
  ),
  sync: command(
    z.strictObject({ cursor }),
    z.discriminatedUnion("resumed", [
      z.strictObject({ resumed: z.literal(true), events: z.array(eventEnvelope), cursor }),
      z.strictObject({ resumed: z.literal(false), state }),
    ]),
  ),
  "profile:update": command(
    z.strictObject({
      name: text(1, 255).optional(),
      email: email.optional(),
      locale: text(1, 35).optional(),
      metadata: metadata.optional(),
    }),
    z.strictObject({ user }),
  ),
  "typing:start": command(z.strictObject({ conversationId: id }), nothing),
  "typing:stop": command(z.strictObject({ conversationId: id }), nothing),
} as const

export type CommandName = keyof typeof COMMANDS
export type Body<C extends CommandName> = z.infer<(typeof COMMANDS)[C]["body"]>

/** Results as the hub builds them; where a schema says "any event" the type says which. */
export type Result<C extends CommandName> = C extends "login"
  ? { outcome: z.infer<typeof outcome>; expiresAt: number; state: State }
  : C extends "logout"
    ? { state: State }
    : C extends "sync"
      ? { resumed: true; events: FeedEvent[]; cursor: string } | { resumed: false; state: State }
      : z.infer<(typeof COMMANDS)[C]["result"]>

/** What an acknowledgement carries. */
export type Ack<R> = { ok: true; result: R } | { ok: false; error: import("./errors.ts").WireError }
