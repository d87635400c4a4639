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

/** Has another scheme than those of the web; `chat.example.com:443` counts as one, too, by the rules of URLs. */
export const isElsewhere = (url: string): boolean => /^(?!https?:|wss?:)[^/]*:/.test(hubAddress(url).origin)
