/**
 * Anonymous session tokens (docs/protocol.md 3.1): signed by the hub, each says that this device began this session.
 * Nothing is stored for them. They are JWS too, but of another kind than the tokens of hosts: another key, `typ` and
 * audience, and no `kid`, so neither ever passes for the other, nor a token of one app in another.
 */
import { jwtVerify, SignJWT } from "jose"
import { HubError } from "../../protocol/errors.ts"
import { derivedKey } from "./derived-key.ts"
import { signedCanonically } from "./token-form.ts"

const TYP = "tributary-session"
const LIFE_SECONDS = 180 * 24 * 60 * 60
/** Renewed when older than this: then it outlives its last use by 179 days at least. */
const RENEW_SECONDS = 24 * 60 * 60

export interface AnonymousSession {
  readonly userId: string
  readonly sessionId: string
}

export interface SessionTokens {
  /** @param session.now Unix milliseconds */
  sign(session: AnonymousSession & { readonly appId: string; readonly now: number }): Promise<string>
  /**
   * @returns the session, and when its token was issued, in Unix seconds
   * @throws HubError `session_invalid` for anything but a valid token of this hub for this app
   */
  verify(
    token: string,
    at: { readonly appId: string; readonly now: number },
  ): Promise<AnonymousSession & { readonly issuedAt: number }>
}

/** @param secret SESSION_SECRET; the key is derived from it, so it signs nothing else */
export function sessionTokens(secret: string): SessionTokens {
  const key = derivedKey(secret, TYP)
  return {
    async sign({ appId, userId, sessionId, now }) {
      const issuedAt = Math.floor(now / 1000)
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: "HS256", typ: TYP })
        .setAudience(audienceOf(appId))
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFE_SECONDS)
        .sign(await key)
    },

    async verify(token, { appId, now }) {
      if (!signedCanonically(token)) throw new HubError("session_invalid")
      const { payload } = await jwtVerify<{ sid?: unknown }>(token, await key, {
        algorithms: ["HS256"],
        typ: TYP,
        audience: audienceOf(appId),
        currentDate: new Date(now),
        requiredClaims: ["exp"],
      }).catch(() => {
        throw new HubError("session_invalid")
      })
      const { sub: userId, sid: sessionId, iat: issuedAt } = payload
      if (typeof userId !== "string" || typeof sessionId !== "string" || typeof issuedAt !== "number") {
        throw new HubError("session_invalid")
      }
      return { userId, sessionId, issuedAt }
    },
  }
}

/**
 * @param issuedAt Unix seconds, as `verify` gives it
 * @param now Unix milliseconds
 */
export function shouldRenew(issuedAt: number, now: number): boolean {
  return now / 1000 - issuedAt >= RENEW_SECONDS
}

const audienceOf = (appId: string): string => `${TYP}:${appId}`
