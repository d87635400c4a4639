/** Floods of reads: a thousand of them wait in one socket, and each may look at everything there is. */

import type { Flood } from "../flood.ts"
import { event, type Mob } from "../mob.ts"
import { hoarder, writer } from "../shop-history.ts"

const MESSAGES = 60

interface Listing {
  readonly conversationId: string
  readonly position: string
}

type Ask = (asked: Listing) => string

const page: Ask = ({ conversationId }) =>
  event("message:list", { conversationId, after: "0", before: "0", limit: 100 })

/** Each attacker reads one long history on so many sockets of one session. */
const reading = (
  name: string,
  says: string,
  connections: number,
  ask: Ask,
  brief?: Flood["brief"],
): Flood => ({
  name,
  says,
  connections,
  ...(brief && { brief }),
  async arm(mob) {
    const asked = await writer(mob, MESSAGES, 4_096)
    asked.stranger.end()
    const { sessionToken } = asked.ready
    return () => mob.crowd(connections, () => readAlong(mob, sessionToken, () => ask(asked)))
  },
})

async function readAlong(mob: Mob, sessionToken: string | undefined, ask: () => string): Promise<void> {
  const guest = await mob.visit({ sessionToken })
  if (guest) await mob.repeat(guest.stranger, ask)
}

/** The same by somebody who left a great deal lying: far more than any frame holds. */
const hoarding = (
  name: string,
  says: string,
  connections: number,
  ask: (cursor: string) => string,
  brief?: Flood["brief"],
): Flood => ({
  name,
  says,
  connections,
  ...(brief && { brief }),
  async arm(mob) {
    const { scale } = mob.assignment
    const { stranger, ready } = await hoarder(mob, Math.ceil(50 * scale), 30, 4_096)
    stranger.end()
    const { sessionToken, cursor } = ready
    return () => mob.crowd(connections, () => readAlong(mob, sessionToken, () => ask(cursor)))
  },
})

export const READS: readonly Flood[] = [
  reading("empty-pages", "message:list between two positions with nothing between them", 1, page, "both"),
  reading("empty-pages-ten", "the same on ten sockets of one session", 10, page),
  reading("last-page", "message:list of the latest message", 1, ({ conversationId }) =>
    event("message:list", { conversationId, limit: 1 }),
  ),
  reading(
    "pages",
    "message:list of a full page, 256 KB each time",
    1,
    ({ conversationId }) => event("message:list", { conversationId, limit: 100 }),
    "both",
  ),
  reading("syncs", "sync with a cursor that names nothing: the full state", 1, () =>
    event("sync", { cursor: "nothing" }),
  ),
  reading("lists", "conversation:list", 1, () => event("conversation:list", { limit: 100 })),
  reading("markers", "conversation:read up to where it is read", 1, (asked) =>
    event("conversation:read", { conversationId: asked.conversationId, position: asked.position }),
  ),
  hoarding(
    "hoards",
    "sync with a cursor that names nothing, over 50 conversations of 30 long messages",
    1,
    () => event("sync", { cursor: "nothing" }),
    "embedded",
  ),
  hoarding("hoards-missed", "sync with a cursor from before all of them", 1, (cursor) =>
    event("sync", { cursor }),
  ),
  hoarding("hoards-listed", "conversation:list of all of them, on ten sockets of the session", 10, () =>
    event("conversation:list", { limit: 100 }),
  ),
]
