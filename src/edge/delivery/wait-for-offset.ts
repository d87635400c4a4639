/**
 * A read of the store may be ahead of the feed's delivery on this node. A caller that needs both to agree waits here,
 * for a bounded time.
 */
import type { Clock } from "../../lib/clock.ts"
import { HubError } from "../../protocol/errors.ts"
import type { Room } from "./user-rooms.ts"

/** A node that does not get an announcement within this time, though the entry can be read, gets none at all. */
const DELIVERY_DEADLINE_MS = 3_000

/** @throws HubError `unavailable` if the room has not delivered everything up to this offset in time */
export function waitForOffset(room: Room, offset: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(DELIVERY_DEADLINE_MS, () => {
      forget()
      reject(new HubError("unavailable", "This node gets no announcements from the store."))
    })
    const forget = room.whenDelivered(offset, () => {
      cancel()
      resolve()
    })
  })
}
