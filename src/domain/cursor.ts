/** A cursor names the very event: whose feed, where in it, and the entry's own tag (docs/protocol.md 3.3, [S6]). */
import type { Address } from "./position.ts"

export interface FeedCursor extends Address {
  readonly userId: string
  /** Empty at the beginning of a feed that has no entries yet. */
  readonly tag: string
}

export function cursorOf(userId: string, head: (Address & { readonly tag: string }) | undefined): string {
  const { at, n, tag } = head ?? { at: 0, n: 0, tag: "" }
  return [userId, at.toString(36), n.toString(36), tag].join("~")
}

/** `undefined`: no cursor of ours. */
export function parseCursor(cursor: string): FeedCursor | undefined {
  const match = /^([A-Za-z0-9_-]+)~([0-9a-z]+)~([0-9a-z]+)~([A-Za-z0-9_-]*)$/.exec(cursor)
  if (!match) return undefined
  const [, userId = "", at = "", n = "", tag = ""] = match
  return { userId, at: Number.parseInt(at, 36), n: Number.parseInt(n, 36), tag }
}
