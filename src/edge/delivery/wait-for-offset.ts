/** A read of the store may be ahead of what the node hears of it. Whoever needs both to agree waits here, and not for ever. */
import type { Clock } from "../../lib/clock.ts"
import { HubError } from "../../protocol/errors.ts"
import type { Room } from "./user-rooms.ts"

/** A node that does not hear within this time what it reads in the store is deaf. */
const DELIVERY_DEADLINE_MS = 3_000

/** @throws HubError `unavailable` if the room has not told everything up to this offset in time */
export function waitForOffset(room: Room, offset: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(DELIVERY_DEADLINE_MS, () => {
      forget()
      reject(new HubError("unavailable", "This node does not hear what is stored."))
    })
    const forget = room.whenDelivered(offset, () => {
      cancel()
      resolve()
    })
  })
}
