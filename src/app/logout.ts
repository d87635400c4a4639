/** Logging out, of one device or everywhere, and which session tokens still count (docs/protocol.md 4.4, 6). */

import { endDevice, isConsumed, revokeBefore } from "../domain/identity.ts"
import { newId } from "../lib/ids.ts"
import type { Millis, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import { ReadSet } from "../repository/read-set.ts"
import { transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { resolveUser } from "./merge-users.ts"

export interface Leaving {
  readonly userId: UserId
  readonly deviceId: string
  /** The socket that asked: it learns of the logout by its answer. */
  readonly by: string
}

/** The user as whom a device continues after a logout: a new visitor, without a record. */
export const freshVisitor = (app: App, seed: string): string => newId("usr", app.partitionFor(seed).index)

/** All sockets of the device continue as one new visitor. */
export function logOutDevice(app: App, leaving: Leaving, freshUserId: UserId): Promise<void> {
  const partition = app.homePartition(leaving.userId)
  return transact(app, "logout", () =>
    partition
      ? { partition, changeSet: endDevice({ ...leaving, freshUserId }), committed: () => undefined }
      : { answer: undefined },
  )
}

/** [4.4] From now on only tokens issued later sign this user in, on any node. */
export function revokeEverywhere(
  app: App,
  { userId, by }: Pick<Leaving, "userId" | "by">,
  now: Millis,
): Promise<void> {
  return transact(app, "logout:everywhere", async (reads) => {
    const person = await resolveUser(app, userId, reads)
    if (!person) return { answer: undefined }
    const changeSet = revokeBefore(person.versioned, person.record, now, by)
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
