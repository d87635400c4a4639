/** Derives a key for each purpose from one secret (HKDF), so that a signature for one purpose is never valid for another. */
import { hkdfSync } from "node:crypto"

export const derivedSecret = (secret: string, purpose: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(hkdfSync("sha256", secret, "", purpose, 32))

/** Imported once for jose, not at every verification. */
export const derivedKey = (secret: string, purpose: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", derivedSecret(secret, purpose), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ])
