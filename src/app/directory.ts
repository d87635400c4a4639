/**
 * Which user holds an external id. The reservation (in the directory) and the upgrade (of the user's record) may be two
 * commits; a reader that finds the first without the second completes it. A reservation is void if its user got another
 * identity meanwhile.
 */

import { combineChangeSets } from "../domain/change-set.ts"
import { emailTaken, isConsumed, reserveEmail, reserveExternalId, upgradeUser } from "../domain/identity.ts"
import type { UserRecord } from "../domain/records.ts"
import type { Claims } from "../domain/user.ts"
import type { ExternalId, Millis, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import { emailKey } from "../protocol/scalars.ts"
import { ReadSet } from "../repository/read-set.ts"
import { AGAIN, type Decision, lookUp, transact } from "../repository/transact.ts"
import type { App } from "./app.ts"
import { badgesOfUpgrade } from "./load-badges.ts"
import { finishMerge, resolveUser } from "./merge-users.ts"
import { movesBadges, tellBadges } from "./tell-badges.ts"
import type { ResolvedUser } from "./user-data.ts"

/**
 * The user who holds an external id, if there is one.
 *
 * @param claims of the token, where one was presented: with these an unfinished upgrade is completed
 */
export async function holderOf(
  app: App,
  externalId: ExternalId,
  now: Millis,
  reads = new ReadSet(),
  claims: Claims = { externalId, emailVerified: false },
): Promise<ResolvedUser | undefined> {
  const { partition, id } = app.directorySlot(externalId)
  const again = (): typeof AGAIN => {
    reads.clear()
    return AGAIN
  }
  return lookUp(app, "directory:find", async () => {
    const reservation = (await reads.get(partition, "directory", id)).value
    if (!reservation && (await restoreClaim(app, externalId))) return again()
    const home = reservation && app.homePartition(reservation.userId)
    if (!reservation || !home) return undefined
    const record = (await reads.get(home, "user", reservation.userId)).value
    if (record?.externalId === externalId) {
      const person = await resolveUser(app, record.id, reads)
      if (person) return person
    } else if (record?.mergeState?.kind === "merging") await finishMerge(app, record.id)
    // The user was merged away, or got another external id, before they got this one: the reservation is void.
    else if (record && isConsumed(record)) return undefined
    else await completeUpgrade(app, reservation.userId, claims, now)
    return again()
  })
}

/**
 * Restores a directory record that its partition has lost, from the copy beside its user in another partition. Tried only
 * where the directory has no record, which is otherwise the case at the first sign-in with an external id.
 */
async function restoreClaim(app: App, externalId: ExternalId): Promise<boolean> {
  const { partition, id } = app.directorySlot(externalId)
  const others = app.partitions.filter((other) => other !== partition)
  const copies = await Promise.all(others.map((other) => other.get("directory", id)))
  for (const { value: copy } of copies) {
    const record = copy && (await app.homePartition(copy.userId)?.get("user", copy.userId))?.value
    if (!copy || record?.externalId !== externalId) continue
    return transact(app, "directory:restore", async (reads) => {
      const directory = await reads.get(partition, "directory", id)
      if (directory.value) return { answer: true }
      const changeSet = reserveExternalId(directory, externalId, copy.userId)
      return { partition, changeSet, committed: () => true }
    })
  }
  return false
}

/** What follows an upgrade's commit: it was the whole upgrade, or its first half, and the next look-up completes it. */
export interface Upgraded<T> {
  readonly whole: (user: UserRecord) => T
  readonly half: () => typeof AGAIN
}

/**
 * Makes this user (anonymous, or not there yet) the holder of an external id that is free, as far as `reads` knows.
 * `AGAIN`: they are not anonymous any more.
 */
export async function upgrade<T>(
  app: App,
  userId: UserId,
  claims: Claims,
  now: Millis,
  reads: ReadSet,
  { whole, half }: Upgraded<T>,
): Promise<Decision<T>> {
  const home = app.homePartition(userId)
  if (!home) throw new HubError("session_invalid")
  const { partition, id } = app.directorySlot(claims.externalId)
  const directory = await reads.get(partition, "directory", id)
  const versioned = await reads.get(home, "user", userId)
  if (versioned.value && isConsumed(versioned.value)) return AGAIN
  const reservation = reserveExternalId(directory, claims.externalId, userId)
  if (partition !== home) return { partition, changeSet: reservation, committed: half }
  const badges = versioned.value ? await badgesOfUpgrade(app, home, versioned.value) : {}
  const { user, changeSet } = upgradeUser(versioned, userId, claims, id, now, badges)
  const committed = () => {
    if (movesBadges(user, 0)) tellBadges(app, userId)
    rememberUpgrade(app, userId, claims)
    return whole(user)
  }
  return { partition, changeSet: combineChangeSets(reservation, changeSet), committed }
}

/** Remembered because a fail-over may undo the upgrade, and no client may act as this user again (`check-recent.ts`). */
const rememberUpgrade = (app: App, userId: UserId, claims: Claims): void =>
  app.recentUpgrades.add(userId, { userId, claims, at: app.now() })

/** The second half. The user may write meanwhile, so it is tried until it is done or they are not anonymous any more. */
function completeUpgrade(app: App, userId: UserId, claims: Claims, now: Millis): Promise<void> {
  const home = app.homePartition(userId)
  if (!home) throw new HubError("session_invalid")
  return transact(app, "user:upgrade", async (reads) => {
    const versioned = await reads.get(home, "user", userId)
    if (versioned.value && isConsumed(versioned.value)) return { answer: undefined }
    const badges = versioned.value ? await badgesOfUpgrade(app, home, versioned.value) : {}
    const { user, changeSet } = upgradeUser(
      versioned,
      userId,
      claims,
      app.directorySlot(claims.externalId).id,
      now,
      badges,
    )
    const committed = () => {
      if (movesBadges(user, 0)) tellBadges(app, userId)
      rememberUpgrade(app, userId, claims)
    }
    return { partition: home, changeSet, committed }
  })
}

/**
 * [4.5] Reserves a verified email for an external id before anything else happens, so that a refusal leaves nothing.
 *
 * @returns the claims to go on with: without the email where the app ignores conflicts
 * @throws HubError `email_conflict` where it refuses them
 */
export async function reserveVerifiedEmail(
  app: App,
  claims: Claims,
  now: Millis,
  reads: ReadSet,
): Promise<Claims> {
  if (claims.email === undefined || !claims.emailVerified) return claims
  const email = emailKey(claims.email)
  const { partition, id } = app.directorySlot(emailName(email))
  const decide = async (reads: ReadSet): Promise<Decision<Claims>> => {
    const versioned = await reads.get(partition, "email", id)
    const taken = versioned.value
    if (taken?.externalId === claims.externalId) return { answer: claims }
    if (taken) {
      const holder = await holderOf(app, taken.externalId, now)
      const self = await holderOf(app, claims.externalId, now)
      const same = holder && holder.record.id === self?.record.id
      if (!same && emailTaken(taken, holder?.record, now)) return { answer: withoutEmail(app, claims) }
    }
    const changeSet = reserveEmail(versioned, email, claims.externalId, now)
    return { partition, changeSet, committed: () => claims }
  }
  return transact(app, "email:reserve", decide, reads)
}

/** The text under which the directory keeps a verified email. */
export const emailName = (email: string): string => `email ${emailKey(email)}`

function withoutEmail(app: App, claims: Claims): Claims {
  if (app.settings.emailConflict === "refuse") throw new HubError("email_conflict")
  const { email: _, ...rest } = claims
  return { ...rest, emailVerified: false }
}
