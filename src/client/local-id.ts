/**
 * 22 characters of [A-Za-z0-9_-], 128 random bits. They tell messages and tabs of one device apart and protect
 * nothing, so where `crypto` is missing lesser randomness will do.
 */
export function newLocalId(): string {
  const bytes = new Uint8Array(16)
  const source: Crypto | undefined = globalThis.crypto
  if (typeof source?.getRandomValues === "function") source.getRandomValues(bytes)
  else for (let index = 0; index < bytes.length; index += 1) bytes[index] = Math.floor(Math.random() * 256)
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
}
