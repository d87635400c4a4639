/** Tokens of the form that hosts make (docs/protocol.md 8), made by the hub itself: for agents' links and in development. */
import { SignJWT } from "jose"
import type { KeyRecord } from "../../domain/records.ts"
import { ALGORITHM } from "./token-signature.ts"

/**
 * @param now Unix milliseconds
 * @returns the JWT, and its end in Unix milliseconds
 */
export async function mintToken(
  { kid, secret }: Pick<KeyRecord, "kid" | "secret">,
  claims: Readonly<Record<string, unknown>>,
  now: number,
  ttlSeconds: number,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const issuedAt = Math.floor(now / 1000)
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds)
    .sign(new TextEncoder().encode(secret))
  return { token, expiresAt: (issuedAt + ttlSeconds) * 1000 }
}
