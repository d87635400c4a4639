/** Keys of one purpose each, from one secret: a signature made for one purpose is never valid for another. */
import { hkdfSync } from "node:crypto"

export const derivedSecret = (secret: string, purpose: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(hkdfSync("sha256", secret, "", purpose, 32))

/** As jose reads it once, instead of at every verification. */
export const derivedKey = (secret: string, purpose: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", derivedSecret(secret, purpose), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ])
