/** Waits until this node has delivered what a read of the store has shown: a read may be ahead of the announcements. */
import type { Clock } from "../../lib/clock.ts"
import { HubError } from "../../protocol/errors.ts"
import type { Room } from "./user-rooms.ts"

/**
 * If an announcement does not arrive within this time although its entry can be read, the node gets no announcements at
 * all.
 */
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
