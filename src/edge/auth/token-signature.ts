/**
 * Who signed a token. Checked in this order, and each failure has its own code: form → kid → alg → signature.
 * Only what the signature covers is handed on.
 */
import { compactVerify, errors } from "jose"
import type { KeyRole } from "../../protocol/admin-calls.ts"
import { HubError } from "../../protocol/errors.ts"
import { kid as kidSchema } from "../../protocol/settings.ts"
import { headerOf, type JsonObject, jsonObject, malformed, signedCanonically } from "./token-form.ts"

/** A live key of the app. Its secret is the text itself, as bytes. */
export interface SigningKey {
  readonly role: KeyRole
  readonly secret: string
}

/** The one algorithm of the keys that the hub makes. Never taken from a token. */
export const ALGORITHM = "HS256"

/** Finds a live key of one app; `undefined` if there is none, or no more. Its errors are passed on. */
export type KeyOf = (kid: string) => SigningKey | undefined | Promise<SigningKey | undefined>

export interface SignedClaims {
  readonly kid: string
  readonly claims: JsonObject
}

/** Imported keys that are kept: importing one costs half as much as a verification (measured). */
const KEPT_KEYS = 1000

/** @param assumed the kid of a token that names none */
export type VerifySignature = (
  jwt: string,
  role: KeyRole,
  keyOf: KeyOf,
  assumed?: string,
) => Promise<SignedClaims>

/** A verifier with its own store of imported keys. */
export function signatureVerifier(): VerifySignature {
  const imported = new Map<string, { secret: string; key: Promise<CryptoKey> }>()

  const importOnce = (kid: string, { secret }: SigningKey): Promise<CryptoKey> => {
    const known = imported.get(kid)
    if (known?.secret === secret) return known.key
    const [oldest] = imported.keys()
    if (imported.size >= KEPT_KEYS && oldest !== undefined) imported.delete(oldest)
    const key = importSecret(secret)
    imported.set(kid, { secret, key })
    return key
  }

  return async (jwt, role, keyOf, assumed) => {
    const { kid = assumed, alg } = headerOf(jwt)
    if (kid === undefined) throw new HubError("kid_missing")
    // A text that cannot be a kid is not looked up: a store's keys are short.
    const key = kidSchema.safeParse(kid).success ? await keyOf(kid) : undefined
    if (key === undefined || key.role !== role) throw new HubError("kid_unknown")
    if (alg !== ALGORITHM) throw new HubError("alg_not_allowed")
    if (!signedCanonically(jwt)) throw new HubError("signature_invalid")
    return { kid, claims: await verifiedClaims(jwt, await importOnce(kid, key)) }
  }
}

const importSecret = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", new TextEncoder().encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "verify",
  ])

async function verifiedClaims(jwt: string, key: CryptoKey): Promise<JsonObject> {
  const { payload } = await compactVerify(jwt, key, { algorithms: [ALGORITHM] }).catch((error: unknown) => {
    if (error instanceof errors.JWSSignatureVerificationFailed) throw new HubError("signature_invalid")
    if (error instanceof errors.JOSEAlgNotAllowed) throw new HubError("alg_not_allowed")
    throw malformed("The token is no compact JWS.")
  })
  return jsonObject(payload, "payload")
}
