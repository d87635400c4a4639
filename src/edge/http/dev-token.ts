/**
 * Tokens for the demo pages and for trying things out, in development only: any caller gets a token for any user or agent
 * of the app `demo`. A host makes its tokens on its own server, from its own sign-in.
 */
import { z } from "zod"
import { text } from "../../protocol/scalars.ts"
import { fieldRefused } from "../../protocol/untrusted.ts"
import { mintToken } from "../auth/mint-token.ts"
import { json, methodRefused, type Route } from "./exchange.ts"
import { queryFields } from "./fields.ts"

export interface DevKey {
  readonly kid: string
  readonly secret: string
}

export interface DevTokenParts {
  /** The keys of the app `demo`, as they are now. */
  readonly keys: () => Promise<{ readonly user: DevKey; readonly agent: DevKey }>
  /** Unix milliseconds. */
  readonly now: () => number
}

const DEFAULT_TTL_SECONDS = 3600

const common = {
  name: text(0, 255).optional(),
  /** The token's life in seconds. */
  ttl: z
    .string()
    .regex(/^\d{1,9}$/, { message: "must be a number of seconds" })
    .transform(Number)
    .optional(),
}
const userQuery = z.strictObject({
  externalId: text(1, 255),
  email: text(0, 128).optional(),
  emailVerified: z.enum(["true", "false"]).optional(),
  ...common,
})
const agentQuery = z.strictObject({ agentId: text(1, 255), ...common })

/** `GET /dev/token?externalId=…&name=…&email=…&emailVerified=…&ttl=…` or `?agentId=…&name=…&ttl=…` → `{ jwt, expiresAt }` */
export function devTokens({ keys, now }: DevTokenParts): Route {
  return {
    at: "/dev/token",
    async answer({ method, query }) {
      if (method !== "GET") return methodRefused(method, ["GET"])
      const request = queryFields(query)
      const { user, agent } = await keys()
      if ("agentId" in request) {
        const { agentId, name, ttl } = read(agentQuery, request)
        return json(200, await mint(agent, { scope: "agent", sub: agentId, name }, now(), ttl))
      }
      const { externalId, name, email, emailVerified, ttl } = read(userQuery, request)
      const claims = {
        scope: "user",
        external_id: externalId,
        name,
        email,
        email_verified: emailVerified === "true",
      }
      return json(200, await mint(user, claims, now(), ttl))
    },
  }
}

function read<T>(schema: z.ZodType<T>, fields: unknown): T {
  const query = schema.safeParse(fields)
  if (!query.success) throw fieldRefused(query.error)
  return query.data
}

async function mint(key: DevKey, claims: Record<string, unknown>, now: number, ttl = DEFAULT_TTL_SECONDS) {
  const { token, expiresAt } = await mintToken(key, claims, now, ttl)
  return { jwt: token, expiresAt }
}
