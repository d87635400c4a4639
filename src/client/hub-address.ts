/** Where the hub is: its origin, and the path under which it stands there. Pure. */
export interface HubAddress {
  readonly origin: string
  /** `""`, or begins with a slash and does not end with one. */
  readonly path: string
}

/** A URL that cannot be read is left to the connection to complain about. */
export function hubAddress(url: string): HubAddress {
  try {
    const { protocol, host, pathname } = new URL(url)
    return { origin: `${protocol}//${host}`, path: pathname.replace(/\/+$/, "") }
  } catch {
    return { origin: url.replace(/\/+$/, ""), path: "" }
  }
}
