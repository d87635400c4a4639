/**
 * 22 characters of [a-z0-9], some 113 random bits. They tell messages and tabs of one device apart and protect nothing, so
 * where `crypto` is missing lesser randomness will do.
 */
export function newLocalId(): string {
  const bytes = new Uint8Array(22)
  const source: Partial<Crypto> | undefined = globalThis.crypto
  const filled = source?.getRandomValues?.(bytes) ?? bytes.map(() => Math.random() * 256)
  return Array.from(filled, (byte) => (byte % 36).toString(36)).join("")
}
