import type { Session } from "./user-session.ts"

/**
 * Sends the offset up to which this node has sent the feed. A device with a lower one has missed events, and asks for
 * them.
 */
export function sendHead({ room, held, transport }: Session): void {
  const offset = room?.deliveredOffset
  // Not between rooms or while a state is read: the device has no offset to compare it with.
  if (offset === undefined || !Number.isFinite(offset) || held || !transport.inRoom) return
  transport.signal("head", { offset })
}
