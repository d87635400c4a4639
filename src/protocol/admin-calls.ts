/**
 * The one table of the admin API (docs/protocol.md 8): call → method, path, schema of the request, status, schema of the
 * result. Routing, validation and the port that the hub implements come from it.
 *
 * A request is one flat object: the fields that the path names come from there, all others from the JSON body
 * (POST, PATCH) or from the query (GET, DELETE).
 */
import { z } from "zod"
import { foldedPair } from "./events.ts"
import { channel, content, conversation, message, user } from "./model.ts"
import { id, limit, localId, position, text, time } from "./scalars.ts"
import { appId, appSettings, kid, settingsPatch } from "./settings.ts"

export const app = z.strictObject({
  id: appId,
  name: z.string().optional(),
  settings: appSettings,
  createdAt: time,
})
export type AdminApp = z.infer<typeof app>

export const keyRole = z.enum(["user", "agent"])
export type KeyRole = z.infer<typeof keyRole>

/** A key as it is listed: its secret was shown once, when it was made, and is never readable again. */
export const key = z.strictObject({ kid, role: keyRole, createdAt: time })

/** A user as operators see them. Aliases are the ids of users merged into this one. */
export const adminUser = user.extend({
  aliases: z.array(id),
  devices: z.array(z.strictObject({ id: z.string(), channel })),
  conversations: z.array(conversation),
})

/** What a merge moved, or with `dryRun` would move. A self-merge moves nothing. */
const mergeReport = z.strictObject({
  dryRun: z.boolean(),
  mergedUsers: z.strictObject({ surviving: user, discarded: z.strictObject({ id }) }),
  mergedConversations: z.array(foldedPair),
  moved: z.strictObject({
    conversations: z.int().nonnegative(),
    messages: z.int().nonnegative(),
    tickets: z.int().nonnegative(),
  }),
})

const name = text(1, 255)
const externalId = text(1, 255)
/** A number from the query, where everything is text. */
const limitText = z
  .string()
  .regex(/^\d{1,3}$/, { message: "must be a number from 1 to 100" })
  .transform(Number)
  .pipe(limit)

type Method = "GET" | "POST" | "PATCH" | "DELETE"
const call = <Request extends z.ZodObject, Result extends z.ZodType>(
  method: Method,
  path: `/v1/apps${string}`,
  request: Request,
  result: Result,
  status = 200,
) => ({ method, path, request, result, status })

export const ADMIN_CALLS = {
  createApp: call(
    "POST",
    "/v1/apps",
    z.strictObject({ id: appId.optional(), name: name.optional(), settings: settingsPatch.optional() }),
    z.strictObject({ app }),
    201,
  ),
  getApp: call("GET", "/v1/apps/:appId", z.strictObject({ appId }), z.strictObject({ app })),
  patchApp: call(
    "PATCH",
    "/v1/apps/:appId",
    z.strictObject({ appId, name: name.optional(), settings: settingsPatch.optional() }),
    z.strictObject({ app }),
  ),
  createKey: call(
    "POST",
    "/v1/apps/:appId/keys",
    z.strictObject({ appId, role: keyRole }),
    z.strictObject({ kid, secret: z.string() }),
    201,
  ),
  listKeys: call(
    "GET",
    "/v1/apps/:appId/keys",
    z.strictObject({ appId }),
    z.strictObject({ keys: z.array(key) }),
  ),
  deleteKey: call("DELETE", "/v1/apps/:appId/keys/:kid", z.strictObject({ appId, kid }), z.strictObject({})),
  createAgentLink: call(
    "POST",
    "/v1/apps/:appId/agents/:agentId/links",
    z.strictObject({
      appId,
      agentId: text(1, 255),
      name: name.optional(),
      expiresInSeconds: z.int().min(10).max(3600).optional(),
    }),
    z.strictObject({ path: z.string(), expiresAt: time }),
    201,
  ),
  findUser: call(
    "GET",
    "/v1/apps/:appId/users",
    z.strictObject({ appId, externalId, before: z.string().max(256).optional() }),
    z.strictObject({ user: adminUser, next: z.string().optional() }),
  ),
  getUser: call(
    "GET",
    "/v1/apps/:appId/users/:userId",
    z.strictObject({ appId, userId: id, before: z.string().max(256).optional() }),
    z.strictObject({ user: adminUser, next: z.string().optional() }),
  ),
  mergeUsers: call(
    "POST",
    "/v1/apps/:appId/users/merge",
    z.strictObject({ appId, survivingUserId: id, discardedUserId: id, dryRun: z.boolean().optional() }),
    mergeReport,
  ),
  getConversation: call(
    "GET",
    "/v1/apps/:appId/conversations/:conversationId",
    z.strictObject({ appId, conversationId: id }),
    z.strictObject({ conversation }),
  ),
  listMessages: call(
    "GET",
    "/v1/apps/:appId/conversations/:conversationId/messages",
    z.strictObject({ appId, conversationId: id, before: position.optional(), limit: limitText.optional() }),
    z.strictObject({ messages: z.array(message), more: z.boolean() }),
  ),
  postMessage: call(
    "POST",
    "/v1/apps/:appId/conversations/:conversationId/messages",
    z.strictObject({
      appId,
      conversationId: id,
      localId,
      author: z.strictObject({ type: z.enum(["bot", "agent"]), id: text(1, 255), name: name.optional() }),
      content,
    }),
    z.strictObject({ message, duplicate: z.boolean() }),
    201,
  ),
} as const

export type AdminCall = keyof typeof ADMIN_CALLS
export type AdminRequest<C extends AdminCall> = z.infer<(typeof ADMIN_CALLS)[C]["request"]>
export type AdminResult<C extends AdminCall> = z.infer<(typeof ADMIN_CALLS)[C]["result"]>
