/**
 * The tabs of one browser. When a visitor signs in, the hub parks his other tabs until they present a token
 * (docs/protocol.md 4.2); the tab that signed in hands them its own. Only pages of the same origin hear it.
 */
export interface TabChannel {
  postMessage(news: unknown): void
  onmessage: ((event: MessageEvent) => void) | null
  close(): void
}

export type OpenTabChannel = (name: string) => TabChannel

export type TabNews = { readonly type: "login"; readonly jwt: string } | { readonly type: "logout" }

export interface Tabs {
  tell(news: TabNews): void
  close(): void
}

const ALONE: Tabs = { tell: () => undefined, close: () => undefined }

/** In Node every client of the process would hear the others, so there it takes a channel of the caller's. */
const browserChannel: OpenTabChannel | undefined =
  typeof document !== "undefined" && typeof BroadcastChannel !== "undefined"
    ? (name) => new BroadcastChannel(name)
    : undefined

/** @param name the same in all tabs that are one device, and nowhere else */
export function openTabs(
  open: OpenTabChannel | false | undefined,
  name: string,
  hear: (news: TabNews) => void,
): Tabs {
  const opener = open === false ? undefined : (open ?? browserChannel)
  if (!opener) return ALONE
  const channel = opener(name)
  channel.onmessage = ({ data }) => {
    if (isNews(data)) hear(data)
  }
  return { tell: (news) => channel.postMessage(news), close: () => channel.close() }
}

function isNews(data: unknown): data is TabNews {
  if (typeof data !== "object" || data === null || !("type" in data)) return false
  return data.type === "logout" || (data.type === "login" && "jwt" in data && typeof data.jwt === "string")
}
