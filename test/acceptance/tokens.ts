/** Tokens of section 4.1, sound and broken, made with nothing but node:crypto. */
import { createHmac } from "node:crypto"

export interface Key {
  readonly kid: string
  readonly secret: string
}
export type Claims = Readonly<Record<string, unknown>>

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)
export const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")

const sign = (input: string, secret: string, hash = "sha256"): string =>
  createHmac(hash, secret).update(input).digest("base64url")

/** Signs whatever it is given; a claim or header that is `undefined` is left out. */
export function mint(key: Key, claims: Claims, header: Claims = {}, hash = "sha256"): string {
  const input = `${encode({ alg: "HS256", typ: "JWT", kid: key.kid, ...header })}.${encode(claims)}`
  return `${input}.${sign(input, key.secret, hash)}`
}

/** Signs raw text as header and payload, for tokens that are no JSON. */
export function mintRaw(key: Key, header: string, payload: string): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${sign(input, key.secret)}`
}

/** The claims of a good token of one hour. */
export const claimsOf = (externalId: unknown, more: Claims = {}): Claims => ({
  scope: "user",
  external_id: externalId,
  iat: nowSeconds(),
  exp: nowSeconds() + 3600,
  ...more,
})
