/**
 * 22 characters of [A-Za-z0-9_-], 128 random bits. They tell messages and tabs of one device apart and protect
 * nothing, so where `crypto` is missing lesser randomness will do.
 */
export function newLocalId(): string {
  const bytes = new Uint8Array(16)
  const source: Partial<Crypto> | undefined = globalThis.crypto
  const filled = source?.getRandomValues?.(bytes) ?? bytes.map(() => Math.random() * 256)
  return btoa(String.fromCharCode(...filled)).replace(/\W/g, (sign) => ({ "+": "-", "/": "_" })[sign] ?? "")
}
