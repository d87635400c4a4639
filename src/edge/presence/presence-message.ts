/**
 * The messages between nodes about who is online. They are JSON from outside the process, so they are checked; a message
 * of a newer node that this one does not know is ignored.
 */

import { z } from "zod"
import type { UserId } from "../../protocol/branded.ts"

/** `app userId`: a user with a socket there. `app` alone: an agent of the app. Neither id has a blank in it. */
const presenceKey = z.string().min(1).max(129)
export type PresenceKey = z.infer<typeof presenceKey>

export const userKey = (appId: string, userId: UserId): PresenceKey => `${appId} ${userId}`
export const agentsKey = (appId: string): PresenceKey => appId

/** Names one run of a node: started again, it is another. */
const node = z.string().min(1).max(64)

export const presenceMessage = z.discriminatedUnion("kind", [
  /** A new node asks the others for their rosters. */
  z.object({ kind: z.literal("hello"), node }),
  /** The node lives, and has keys of this digest: a node that knows another one of it has missed something. */
  z.object({ kind: z.literal("beat"), node, count: z.int(), sum: z.int() }),
  /** Asks the node `of` for its roster. */
  z.object({ kind: z.literal("ask"), node, of: node }),
  /** All keys of a node, in parts; once the last part has come they replace the node's former keys. */
  z.object({
    kind: z.literal("roster"),
    node,
    roster: z.int(),
    part: z.int().nonnegative(),
    parts: z.int().positive(),
    keys: z.array(presenceKey),
  }),
  /** Keys of a node that have been added and withdrawn since its last message. */
  z.object({ kind: z.literal("change"), node, come: z.array(presenceKey), gone: z.array(presenceKey) }),
  /** A node goes, and all of its keys with it. */
  z.object({ kind: z.literal("bye"), node }),
])
export type PresenceMessage = z.infer<typeof presenceMessage>
export type Beat = Extract<PresenceMessage, { kind: "beat" }>
export type RosterPart = Extract<PresenceMessage, { kind: "roster" }>

/** About 50 KB of JSON. */
export const KEYS_PER_PART = 2_000

export function rosterOf(
  node: string,
  roster: number,
  keys: ReadonlySet<PresenceKey>,
): readonly RosterPart[] {
  const all = [...keys]
  const parts = Math.max(1, Math.ceil(all.length / KEYS_PER_PART))
  return Array.from({ length: parts }, (_, part) => {
    const from = part * KEYS_PER_PART
    return { kind: "roster", node, roster, part, parts, keys: all.slice(from, from + KEYS_PER_PART) }
  })
}
