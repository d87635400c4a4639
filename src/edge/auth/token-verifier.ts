/**
 * Tokens, by which a host identifies a user (docs/protocol.md 4.1, 6). Checked in this order, each failure with its own
 * code: form → kid → alg → signature → time → scope → identity. Claims that only describe the user are never a reason
 * to refuse.
 *
 * No answer quotes a token, and nothing is decided by a claim before the signature over it was verified.
 */
import { HubError } from "../../protocol/errors.ts"
import { email as emailSchema, text } from "../../protocol/scalars.ts"
import { type JsonObject, malformed } from "./token-form.ts"
import { type Lifetime, lifetimeOf } from "./token-lifetime.ts"
import { type KeyOf, signatureVerifier } from "./token-signature.ts"

export interface Presented {
  readonly jwt: string
  readonly keyOf: KeyOf
  /** Unix milliseconds. */
  readonly now: number
}

/** The claims of an end user's verified token. `issuedAt` is in seconds, `expiresAt` in milliseconds. */
export interface UserClaims extends Lifetime {
  readonly kid: string
  readonly externalId: string
  readonly name?: string
  readonly email?: string
  /** True only together with an email. */
  readonly emailVerified: boolean
}

/** The claims of an agent's verified token. */
export interface AgentClaims extends Lifetime {
  readonly kid: string
  readonly agentId: string
  readonly name?: string
  /** Unix seconds: when the link was used that this token came from; the hub renews such a token. */
  readonly linkedAt?: number
}

export interface TokenVerifier {
  /** @throws HubError with the code of docs/protocol.md 4.7 for the first thing that is wrong, and the errors of `keyOf` */
  user(presented: Presented): Promise<UserClaims>
  /** @throws HubError as for users; `token_malformed` without a usable `sub` */
  agent(presented: Presented): Promise<AgentClaims>
  /**
   * The cookie of a help centre: its key is known beforehand, so it need not name kid and scope.
   *
   * @throws HubError as for users; `kid_unknown` for any other key
   */
  helpCenter(presented: Presented & { readonly kid: string }): Promise<UserClaims>
}

export function tokenVerifier(): TokenVerifier {
  const verifySignature = signatureVerifier()
  return {
    async user({ jwt, keyOf, now }) {
      const { kid, claims } = await verifySignature(jwt, "user", keyOf)
      const profile = profileOf(claims)
      const lifetime = lifetimeOf(claims, now)
      demandScope(claims, "user")
      return { kid, externalId: externalIdOf(claims), ...profile, ...lifetime }
    },

    async agent({ jwt, keyOf, now }) {
      const { kid, claims } = await verifySignature(jwt, "agent", keyOf)
      const { name } = profileOf(claims)
      const lifetime = lifetimeOf(claims, now)
      demandScope(claims, "agent")
      const agentId = agentIdOf(claims)
      const { linked_at: linkedAt } = claims
      return {
        kid,
        agentId,
        ...(name !== undefined && { name }),
        ...(typeof linkedAt === "number" && { linkedAt }),
        ...lifetime,
      }
    },

    async helpCenter({ jwt, kid, keyOf, now }) {
      const key = await keyOf(kid)
      const own: KeyOf = (named) => (named === kid ? key : undefined)
      const { claims } = await verifySignature(jwt, key?.role ?? "user", own, kid)
      const profile = profileOf(claims)
      const lifetime = lifetimeOf(claims, now)
      if (claims.scope !== undefined) demandScope(claims, "user")
      const externalId = claims.external_id === undefined ? visitorIdOf(claims) : externalIdOf(claims)
      return { kid, externalId, ...profile, ...lifetime }
    },
  }
}

function demandScope(claims: JsonObject, scope: "user" | "agent"): void {
  if (claims.scope !== scope) throw new HubError("scope_invalid")
}

const wellFormed = (value: string): boolean => !/\p{Surrogate}/u.test(value)

const externalIdSchema = text(1, 255).refine((value) => wellFormed(value) && !value.startsWith("hc:"))

function externalIdOf({ external_id }: JsonObject): string {
  if (external_id === undefined) throw new HubError("external_id_missing")
  const externalId = externalIdSchema.safeParse(external_id)
  if (!externalId.success) throw new HubError("external_id_invalid")
  return externalId.data
}

const visitorIdSchema = text(1, 252).refine(wellFormed)

/** A user known to the help centre alone: `hc:` keeps their id apart from those that hosts give. */
function visitorIdOf({ sub }: JsonObject): string {
  if (sub === undefined)
    throw new HubError("external_id_missing", "The help centre's token has no sub either.")
  const visitorId = visitorIdSchema.safeParse(sub)
  if (!visitorId.success)
    throw new HubError(
      "external_id_invalid",
      "The help centre's sub is no well-formed string of 1 to 252 characters.",
    )
  return `hc:${visitorId.data}`
}

const agentIdSchema = text(1, 255).refine(wellFormed)

function agentIdOf({ sub }: JsonObject): string {
  const agentId = agentIdSchema.safeParse(sub)
  if (!agentId.success)
    throw malformed("An agent's token needs a sub: a well-formed string of 1 to 255 characters.")
  return agentId.data
}

const NAME_CHARACTERS = 255

/**
 * The claims that describe a user. None of them refuses a user whose identity is proven: a name is cut to what can be
 * kept, and what is no name or no email address counts as absent, like the empty text of hosts that do not know it.
 */
function profileOf(claims: JsonObject): Pick<UserClaims, "name" | "email" | "emailVerified"> {
  const name = nameIn(claims.name)
  const email = emailIn(claims.email)
  return {
    ...(name && { name }),
    ...(email && { email }),
    emailVerified: Boolean(email) && claims.email_verified === true,
  }
}

function nameIn(claim: unknown): string | undefined {
  if (typeof claim !== "string") return undefined
  // A host that cut a name may have cut it in the middle of a character.
  return [...claim.replace(/\p{Surrogate}/gu, "")].slice(0, NAME_CHARACTERS).join("")
}

/** Part of an address could be another user's, so an email is never cut. */
function emailIn(claim: unknown): string | undefined {
  const email = emailSchema.safeParse(claim)
  return email.success && wellFormed(email.data) ? email.data : undefined
}
