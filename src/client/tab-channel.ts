/**
 * The tabs of one browser. When a visitor signs in, the hub parks their other tabs until they present a token
 * (docs/protocol.md 4.2); the tab that signed in shares its own. Only pages of the same origin receive it.
 */
import { fieldsOf } from "./unknown-fields.ts"
import { isPage } from "./visibility.ts"

export interface TabChannel {
  postMessage(news: unknown): void
  onmessage: TabListener["hear"] | null
  close(): void
}

/** As a method, so that a channel whose events have more fields fits this type too. */
interface TabListener {
  hear(event: { readonly data: unknown }): void
}

export type OpenTabChannel = (name: string) => TabChannel

export type TabNews =
  /** `since`: when that tab signed in, Unix milliseconds. */
  | { readonly type: "login"; readonly jwt: string; readonly since: number; readonly generation: string }
  /** Asks the other tabs for a token. */
  | { readonly type: "ask" }
  /** The session in the storage is another one. */
  | { readonly type: "changed" }
  /** A tab closes and leaves drafts. */
  | { readonly type: "drafts" }

/** In Node every client of the process would receive the others' messages, so there the caller gives a channel. */
const browserChannel = (): OpenTabChannel | undefined =>
  isPage() && typeof BroadcastChannel !== "undefined" ? (name) => new BroadcastChannel(name) : undefined

export const tabOpener = (open: OpenTabChannel | false | undefined): OpenTabChannel | undefined =>
  open === false ? undefined : (open ?? browserChannel())

/**
 * A browser may forbid the channel, in frames of other sites for example: then this tab is alone, and goes on.
 *
 * @param name the same in all tabs that are one device, and nowhere else
 */
export function openTabs(
  open: OpenTabChannel | undefined,
  name: string,
  hear: (news: TabNews) => void,
): TabChannel | undefined {
  try {
    const channel = open?.(name)
    if (channel)
      channel.onmessage = ({ data }) => {
        if (isNews(data)) hear(data)
      }
    return channel
  } catch {
    return undefined
  }
}

function isNews(data: unknown): data is TabNews {
  const { type, jwt, since, generation } = fieldsOf(data)
  if (type === "ask" || type === "changed" || type === "drafts") return true
  return (
    type === "login" && typeof jwt === "string" && typeof since === "number" && typeof generation === "string"
  )
}
