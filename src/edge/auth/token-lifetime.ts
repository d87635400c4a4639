/** When a token is good (docs/protocol.md 4.1), by the hub's clock. */
import { HubError } from "../../protocol/errors.ts"
import { type JsonObject, malformed } from "./token-form.ts"

/** How far the clock of an issuer may be ahead; `exp` gets no such grace. */
const AHEAD_MS = 10_000
/** The lifetime of a token that names none. */
const DEFAULT_LIFE_MS = 24 * 60 * 60 * 1000
/** The last millisecond a `Date` can hold; tokens "for ever" end here. */
const LATEST_MS = 8_640_000_000_000_000

export interface Lifetime {
  /** Whole Unix seconds, by the issuer's clock. */
  readonly issuedAt?: number
  /** Unix milliseconds; always after `now`. */
  readonly expiresAt: number
}

/**
 * @param now Unix milliseconds
 * @throws HubError `token_malformed`, `expiry_missing`, `token_not_yet_valid`, `token_expired`
 */
export function lifetimeOf(claims: JsonObject, now: number): Lifetime {
  const iat = secondsOf(claims, "iat")
  const nbf = secondsOf(claims, "nbf")
  const exp = secondsOf(claims, "exp")

  const end = exp !== undefined ? exp * 1000 : iat !== undefined ? iat * 1000 + DEFAULT_LIFE_MS : undefined
  if (end === undefined) throw new HubError("expiry_missing")
  if (Math.max(iat ?? 0, nbf ?? 0) * 1000 > now + AHEAD_MS) throw new HubError("token_not_yet_valid")
  const expiresAt = Math.floor(Math.min(end, LATEST_MS))
  if (expiresAt <= now) throw new HubError("token_expired")
  return iat === undefined ? { expiresAt } : { issuedAt: Math.floor(iat), expiresAt }
}

function secondsOf(claims: JsonObject, name: "iat" | "nbf" | "exp"): number | undefined {
  const value = claims[name]
  if (value === undefined || typeof value === "number") return value
  throw malformed(`The token's ${name} is not a number.`)
}
