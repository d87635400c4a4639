/**
 * Anonymous session tokens (docs/protocol.md 3.1): signed by the hub, each says that this device began this session.
 * Nothing is stored for them. They are JWS too, but of another kind than the tokens of hosts: another key, `typ` and
 * audience, and no `kid`, so neither ever passes for the other, nor a token of one app in another.
 */

import { createHmac, createSecretKey } from "node:crypto"
import { jwtVerify } from "jose"
import { randomToken } from "../../lib/ids.ts"
import type { UserId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"
import { derivedKey, derivedSecret } from "./derived-key.ts"
import { signedCanonically } from "./token-form.ts"

const TYP = "tributary-session"
const LIFE_SECONDS = 180 * 24 * 60 * 60
/** A token older than this is replaced when it is used, so that it is valid for at least 179 days after its last use. */
const RENEW_SECONDS = 24 * 60 * 60

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url")
const HEADER = encoded({ alg: "HS256", typ: TYP })

export interface AnonymousSession {
  readonly userId: UserId
  readonly sessionId: string
  /** When its token was issued, Unix seconds. */
  readonly issuedAt: number
}

export interface SessionTokens {
  /** Signing the same session gives the same token each time, so no token has to be kept. */
  sign(appId: string, session: AnonymousSession): string
  /** @throws HubError `session_invalid` for anything but a valid token of this hub for this app */
  verify(token: string, at: { readonly appId: string; readonly now: number }): Promise<AnonymousSession>
}

/** @param secret SESSION_SECRET; the key is derived from it, so it signs nothing else */
export function sessionTokens(secret: string): SessionTokens {
  const key = derivedKey(secret, TYP)
  const signingKey = createSecretKey(derivedSecret(secret, TYP))
  return {
    // Not by jose: every new visitor gets a token, and jose would take an asynchronous job for each.
    sign(appId, { userId, sessionId, issuedAt }) {
      const claims = {
        sid: sessionId,
        aud: audienceOf(appId),
        sub: userId,
        iat: issuedAt,
        exp: issuedAt + LIFE_SECONDS,
      }
      const signed = `${HEADER}.${encoded(claims)}`
      return `${signed}.${createHmac("sha256", signingKey).update(signed).digest("base64url")}`
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

/** @param now Unix milliseconds */
export const newSession = (userId: UserId, now: number): AnonymousSession => ({
  userId,
  sessionId: randomToken(9),
  issuedAt: Math.floor(now / 1000),
})

/** @param now Unix milliseconds */
export function shouldRenew({ issuedAt }: AnonymousSession, now: number): boolean {
  return now / 1000 - issuedAt >= RENEW_SECONDS
}

const audienceOf = (appId: string): string => `${TYP}:${appId}`
