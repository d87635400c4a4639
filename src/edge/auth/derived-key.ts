/** Keys of one purpose each, from one secret: a signature made for one purpose is never valid for another. */
export async function derivedKey(secret: string, purpose: string): Promise<CryptoKey> {
  const text = new TextEncoder()
  const root = await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, ["deriveKey"])
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: text.encode(purpose) }
  const kind = { name: "HMAC", hash: "SHA-256", length: 256 }
  return crypto.subtle.deriveKey(derivation, root, kind, false, ["sign", "verify"])
}
