/** Reads a browser's cookies and removes them from the handshake, so that no later code or log finds them there. */

interface Connected {
  readonly conn: object
  readonly handshake: { readonly headers: { cookie?: string | undefined } }
}

export class Cookies {
  /** By connection, because a client may send CONNECT again after a refusal, while headers come only once. */
  readonly #taken = new WeakMap<object, string>()

  /** @returns the Cookie header of the socket's connection */
  take({ conn, handshake }: Connected): string | undefined {
    const { headers } = handshake
    if (headers.cookie !== undefined) this.#taken.set(conn, headers.cookie)
    delete headers.cookie
    return this.#taken.get(conn)
  }
}

/**
 * The first cookie of this name: browsers send that of the longest path first (RFC 6265, 5.4). Quotes around the
 * value are dropped, nothing is decoded.
 */
export function cookieNamed(name: string, header: string): string | undefined {
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=")
    if (at === -1 || pair.slice(0, at).trim() !== name) continue
    const value = pair.slice(at + 1).trim()
    return /^"(.*)"$/.exec(value)?.[1] ?? value
  }
  return undefined
}
