import { eventsAfter } from "../../app/user-feed.ts"
import { waitForOffset } from "../delivery/wait-for-offset.ts"
import { judgeRecord } from "./judge-record.ts"
import type { Session } from "./user-session.ts"

/**
 * The events after a cursor, while the live feed goes on. The answer waits until they were sent live too, so the
 * device's stream of events has no hole and no repeat [P2]. `undefined`: only a full state can answer.
 *
 * @throws HubError `unavailable` if the node does not get the announcements of what is stored
 */
export async function eventsMissed(session: Session, cursor: string) {
  const { room, deps } = session
  const missed = room && (await eventsAfter(session.app, room.partition, room.userId, cursor))
  const user = room && (await room.partition.get("user", room.userId))
  if (missed && room.deliveredOffset < missed.offset) await waitForOffset(room, missed.offset, deps.clock)
  if (user) judgeRecord(session, user.value)
  session.demandActive()
  return missed
}
