/**
 * Links by which agents sign in to the console (docs/protocol.md 8). Each is signed by the hub, and works once and only for a
 * short time. Nothing is stored for a link until it is used. It is exchanged for a token like those that hosts make, signed
 * with the app's key of role `agent`, so deleting that key ends every session that came from it.
 */
import { jwtVerify, SignJWT } from "jose"
import type { KeyRecord } from "../../domain/records.ts"
import { HubError } from "../../protocol/errors.ts"
import { derivedKey } from "./derived-key.ts"
import { mintToken } from "./mint-token.ts"
import { signedCanonically } from "./token-form.ts"

const TYP = "tributary-agent-link"
const TOKEN_SECONDS = 24 * 60 * 60
/** For so long after the link was used its tokens can be renewed; then the agent needs another link. */
const RENEWABLE_SECONDS = 7 * 24 * 60 * 60

export interface AgentOfLink {
  readonly agentId: string
  readonly name?: string | undefined
}

export interface LinkClaims extends AgentOfLink {
  /** Names the link, so that it can be used only once. */
  readonly linkId: string
}

export interface AgentLinks {
  /** @param link.now and `expiresAt`: Unix milliseconds */
  sign(
    link: LinkClaims & { readonly appId: string; readonly now: number; readonly expiresAt: number },
  ): Promise<string>
  /** @throws HubError `session_invalid` for anything but a valid link of this hub for this app */
  verify(link: string, at: { readonly appId: string; readonly now: number }): Promise<LinkClaims>
}

/** @param secret SESSION_SECRET; the key is derived from it, so it signs nothing else */
export function agentLinks(secret: string): AgentLinks {
  const key = derivedKey(secret, TYP)
  return {
    async sign({ appId, agentId, name, linkId, now, expiresAt }) {
      return new SignJWT({ ...(name !== undefined && { name }) })
        .setProtectedHeader({ alg: "HS256", typ: TYP })
        .setAudience(`${TYP}:${appId}`)
        .setSubject(agentId)
        .setJti(linkId)
        .setIssuedAt(Math.floor(now / 1000))
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(await key)
    },

    async verify(link, { appId, now }) {
      if (!signedCanonically(link)) throw new HubError("session_invalid")
      const { payload } = await jwtVerify<{ name?: unknown }>(link, await key, {
        algorithms: ["HS256"],
        typ: TYP,
        audience: `${TYP}:${appId}`,
        currentDate: new Date(now),
        requiredClaims: ["exp"],
      }).catch(() => {
        throw new HubError("session_invalid")
      })
      const { sub: agentId, jti: linkId, name } = payload
      if (agentId === undefined || linkId === undefined) throw new HubError("session_invalid")
      return { agentId, linkId, ...(typeof name === "string" && { name }) }
    },
  }
}

/** The key that signs: the latest of those that agents' tokens are signed with. */
export function agentKeyOf(keys: readonly KeyRecord[]): KeyRecord | undefined {
  return keys.filter(({ role }) => role === "agent").sort((a, b) => b.createdAt - a.createdAt)[0]
}

/** @param linkedAt when the link was used, Unix seconds */
export const mintAgentToken = (
  key: KeyRecord,
  { agentId, name }: AgentOfLink,
  linkedAt: number,
  now: number,
): ReturnType<typeof mintToken> =>
  mintToken(
    key,
    { scope: "agent", sub: agentId, linked_at: linkedAt, ...(name !== undefined && { name }) },
    now,
    TOKEN_SECONDS,
  )

/** @param linkedAt as the token says; a token of a host's own back end has none, and is renewed there */
export const isRenewable = (linkedAt: number | undefined, now: number): linkedAt is number =>
  linkedAt !== undefined && now / 1000 - linkedAt < RENEWABLE_SECONDS
