/** 22 characters of [A-Za-z0-9_-], 128 random bits. `crypto.randomUUID` is missing on pages without TLS. */
export function newLocalId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
}
