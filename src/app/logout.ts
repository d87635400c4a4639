/** Logging out, of one device or everywhere, and whom a session token still opens (docs/protocol.md 4.4, 6). */
import { endVisitor, isConsumed, type LogoutRequest, logOutDevice, revokeBefore } from "../domain/identity.ts"
import { newId } from "../lib/ids.ts"
import type { Millis, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import { ReadSet } from "../repository/read-set.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { resolveUser } from "./merge-users.ts"

/** A signed-in user logs out, on one device or on all. */
export interface Leaving {
  readonly userId: UserId
  readonly deviceId: string
  /** The id of the socket that asked for it. It learns of the logout by its answer, so it ignores the announcement. */
  readonly by: string
}

/** The id of a new visitor, without a record, as whom a socket goes on. */
export const freshVisitor = (app: App, seed: string): UserId => newId("usr", app.partitionFor(seed).index)

/** Signs out the user's sockets of this device, on every node. */
export function signOutDevice(app: App, { userId, deviceId, by }: Leaving): Promise<void> {
  return transact(app, "logout", async (reads) => {
    const person = await resolveUser(app, userId, reads)
    if (!person) return { answer: undefined }
    const changeSet = logOutDevice(person.versioned, person.record, deviceId, by)
    return { partition: person.partition, changeSet, committed: () => undefined }
  })
}

/** Ends a visitor's session for good. Does nothing if they have signed in or were merged meanwhile. */
export function endSession(app: App, userId: UserId, now: Millis): Promise<void> {
  const partition = app.homePartition(userId)
  return transact(app, "logout:visitor", async (reads) => {
    const user = partition && (await reads.get(partition, "user", userId))
    if (!user || (user.value && isConsumed(user.value))) return { answer: undefined }
    return { partition, changeSet: endVisitor(user, userId, now), committed: () => undefined }
  })
}

/** [4.4] From now on only tokens issued later sign this user in, on any node. */
export function revokeEverywhere(
  app: App,
  { userId, ...request }: LogoutRequest & Pick<Leaving, "userId">,
  now: Millis,
): Promise<void> {
  return transact(app, "logout:everywhere", async (reads) => {
    const person = await resolveUser(app, userId, reads)
    if (!person) return { answer: undefined }
    const changeSet = revokeBefore(person.versioned, person.record, now, request)
    return { partition: person.partition, changeSet, committed: () => undefined }
  })
}

/**
 * Whether a session token is still good: its visitor is anonymous. An unfinished merge of the visitor is finished first.
 *
 * @throws HubError `session_invalid` for an id that no hub made
 */
export async function isStillAnonymous(app: App, userId: UserId): Promise<boolean> {
  const home = app.homePartition(userId)
  if (!home) throw new HubError("session_invalid")
  const reads = new ReadSet()
  await resolveUser(app, userId, reads)
  const { value } = await reads.get(home, "user", userId)
  return !value || !isConsumed(value)
}
