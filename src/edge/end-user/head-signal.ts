import type { Session } from "./user-session.ts"

/** The offset up to which this node has sent the feed: a device with a lower one has missed events. */
export function sendHead({ room, held, transport }: Session): void {
  const offset = room?.deliveredOffset
  // Between rooms, and while a state is read, the device has no offset to compare it with.
  if (offset === undefined || !Number.isFinite(offset) || held || !transport.inRoom) return
  transport.signal("head", { offset })
}
