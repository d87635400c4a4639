/** A cursor names one event: whose feed, the offset in it, and the entry's own tag (docs/protocol.md 3.3, [S6]). */

import type { UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { Address } from "./position.ts"
import type { Ranked } from "./ranked.ts"

export interface FeedCursor extends Address {
  readonly userId: UserId
  /** Empty at the beginning of a feed that has no entries yet. */
  readonly tag: string
}

export function cursorOf(userId: UserId, head: (Address & { readonly tag: string }) | undefined): string {
  const { at, n, tag } = head ?? { at: 0, n: 0, tag: "" }
  return `${userId}~${at.toString(36)}~${n.toString(36)}~${tag}`
}

/** `undefined`: the hub has issued no such cursor. */
export function parseCursor(cursor: string): FeedCursor | undefined {
  const match = /^([A-Za-z0-9_-]+)~([0-9a-z]+)~([0-9a-z]+)~([A-Za-z0-9_-]*)$/.exec(cursor)
  if (!match) return undefined
  const [, userId = "", at = "", n = "", tag = ""] = match
  return { userId, at: Number.parseInt(at, 36), n: Number.parseInt(n, 36), tag }
}

/** Where a page of a ranking ended, as text: `next` of an answer, `before` of the request that follows. */
export const pageCursorOf = ({ score, member }: Ranked): string => `${score}~${member}`

/** @throws HubError `bad_request` for a cursor that the hub has not issued */
export function parsePageCursor(text: string): Ranked {
  const match = /^(\d{1,16})~([A-Za-z0-9_-]{1,64})$/.exec(text)
  if (!match) throw new HubError("bad_request", "before: must be the next of an earlier answer.")
  return { score: Number(match[1]), member: match[2] ?? "" }
}
