/**
 * The form of a token, before anything in it is trusted: a JWS in compact serialization whose header and
 * payload are JSON objects (RFC 7515, 7519). Nothing is decided by what the payload says here.
 */
import { HubError } from "../../protocol/errors.ts"

const TOKEN_BYTES = 8192

export interface Header {
  /** `undefined`: the header names none. */
  readonly kid: string | undefined
  readonly alg: string
}

export type JsonObject = Readonly<Record<string, unknown>>

export const malformed = (detail: string): HubError => new HubError("token_malformed", detail)

/** @throws HubError `token_malformed` */
export function headerOf(jwt: string): Header {
  if (jwt.length > TOKEN_BYTES) throw malformed(`The token is longer than ${TOKEN_BYTES} bytes.`)
  // An unsigned token has an empty third part: it is refused later, for its algorithm.
  const [, head, payload] = /^([\w-]+)\.([\w-]+)\.[\w-]*$/.exec(jwt) ?? []
  if (head === undefined || payload === undefined) throw malformed("The token is not three base64url parts.")

  const header = jsonObject(Buffer.from(head, "base64url"), "header")
  jsonObject(Buffer.from(payload, "base64url"), "payload")

  const { alg, kid, crit } = header
  if (typeof alg !== "string") throw malformed("The token's header has no alg.")
  if (crit !== undefined)
    throw malformed("The token's header names extensions (crit) that the hub does not know.")
  if (kid !== undefined && typeof kid !== "string") throw malformed("The token's kid is not a string.")
  return { alg, kid: kid === "" ? undefined : kid }
}

/** @throws HubError `token_malformed` */
export function jsonObject(bytes: Uint8Array, part: "header" | "payload"): JsonObject {
  try {
    const value: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    )
    // A non-null object that is no array is what JSON calls an object: text fields, unknown values.
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch {
    // Neither the bytes nor the parser's message may be in an answer: both quote the token.
  }
  throw malformed(`The token's ${part} is not a JSON object.`)
}

/**
 * Whether the signature is written as an encoder writes it. The last character has bits that no byte uses: without
 * this, four spellings of one signature would pass. Header and payload are signed as they are written.
 */
export function signedCanonically(jwt: string): boolean {
  const signature = jwt.slice(jwt.lastIndexOf(".") + 1)
  return Buffer.from(signature, "base64url").toString("base64url") === signature
}
