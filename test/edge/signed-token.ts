/** Tokens of any form, signed with any secret, and the verdict of the verifier on them. */
import { createHmac } from "node:crypto"
import type { SigningKey } from "../../src/edge/auth/token-signature.ts"
import { tokenVerifier } from "../../src/edge/auth/token-verifier.ts"
import { HubError } from "../../src/protocol/errors.ts"

export const NOW = 1_700_000_000_000
export const SECONDS = NOW / 1000
export const HOUR = 3600
const KEYS: Record<string, SigningKey> = {
  app_user: { role: "user", secret: "u".repeat(43) },
  app_agent: { role: "agent", secret: "a".repeat(43) },
}
const keyOf = (kid: string): SigningKey | undefined => KEYS[kid]

const encoded = (part: unknown): string =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url")

/** Signs whatever it is given; `undefined` leaves a field out; text stands for itself. */
export function token(
  claims: object | string,
  header: object | string = {},
  secret = "u".repeat(43),
): string {
  const head = typeof header === "string" ? header : { alg: "HS256", kid: "app_user", ...header }
  const input = `${encoded(head)}.${encoded(claims)}`
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`
}
export const good = (more: object = {}) => ({
  scope: "user",
  external_id: "ada",
  exp: SECONDS + HOUR,
  ...more,
})
export const without = (name: string) => good({ [name]: undefined })

export const verifier = tokenVerifier()
export const user = (jwt: string) => verifier.user({ jwt, keyOf, now: NOW })
export const agent = (jwt: string) => verifier.agent({ jwt, keyOf, now: NOW })
export const code = (verified: Promise<unknown>) =>
  verified.then(
    () => "accepted",
    (error: unknown) => (error instanceof HubError ? error.code : error),
  )
