/** Where the hub is: its origin, and its path there. Pure. */
export interface HubAddress {
  readonly origin: string
  /** `""`, or begins with a slash and does not end with one. */
  readonly path: string
}

/** Relative to the page, where there is one. A URL that cannot be parsed is kept as it is: connecting fails and says why. */
export function hubAddress(url: string): HubAddress {
  try {
    const { protocol, host, pathname } = new URL(url, globalThis.location?.href)
    return { origin: `${protocol}//${host}`, path: pathname.replace(/\/+$/, "") }
  } catch {
    return { origin: url.replace(/\/+$/, ""), path: "" }
  }
}
