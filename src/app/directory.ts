/**
 * Who holds an external id. A claim (directory) and its mark (user) are two commits; whoever finds the one without
 * the other completes it, and a claim whose user became somebody else before the mark is void.
 */
import { combineChangeSets } from "../domain/change-set.ts"
import { emailTaken, reserveEmail, reserveExternalId, upgradeUser } from "../domain/identity.ts"
import type { Claims } from "../domain/user.ts"
import { HubError } from "../protocol/errors.ts"
import type { App } from "./app.ts"
import { badgesOfUpgrade } from "./badges.ts"
import { finishMerge, resolveUser, type Steps } from "./merge-users.ts"
import type { ResolvedUser } from "./user-data.ts"

/** The person behind an external id, if anybody holds it. */
export async function holderOf(
  app: App,
  externalId: string,
  now: number,
  steps?: Steps,
): Promise<ResolvedUser | undefined> {
  const { partition, id } = app.directorySlot(externalId)
  for (;;) {
    const claim = (await partition.get("directory", id)).value
    const home = claim && app.homePartition(claim.userId)
    if (!claim || !home) return undefined
    const versioned = await home.get("user", claim.userId)
    const record = versioned.value
    if (record?.externalId === externalId) {
      const person = await resolveUser(app, record.id, steps)
      if (person) return person
      continue
    }
    if (record?.mergeState?.kind === "merging") {
      await finishMerge(app, record.id, steps)
      continue
    }
    // He was merged away, or bears another id, before he was marked with this one: the claim is void.
    if (record && (record.mergeState || record.externalId !== undefined)) return undefined
    const badges = record ? await badgesOfUpgrade(app, home, record) : {}
    await home.commit(upgradeUser(versioned, claim.userId, { externalId, emailVerified: false }, now, badges))
  }
}

/**
 * Makes this user (anonymous, or not there yet) the holder of an external id that nobody holds: the upgrade.
 * `false`: somebody was faster, or he is not anonymous any more; look again.
 */
export async function upgrade(
  app: App,
  userId: string,
  claims: Claims,
  now: number,
  steps?: Steps,
): Promise<boolean> {
  const home = app.homePartition(userId)
  if (!home) throw new HubError("session_invalid")
  const { partition, id } = app.directorySlot(claims.externalId)
  // Read before it is asked who holds it: whoever claims meanwhile makes this claim conflict.
  const directory = await partition.get("directory", id)
  if (await holderOf(app, claims.externalId, now, steps)) return false
  const versioned = await home.get("user", userId)
  if (versioned.value?.mergeState || versioned.value?.externalId !== undefined) return false
  const claim = reserveExternalId(directory, claims.externalId, userId)
  if (partition === home) {
    const badges = versioned.value ? await badgesOfUpgrade(app, home, versioned.value) : {}
    const both = combineChangeSets(claim, upgradeUser(versioned, userId, claims, now, badges))
    return (await home.commit(both)).kind !== "conflict"
  }
  if ((await partition.commit(claim)).kind === "conflict") return false
  await steps?.after?.("claim")
  return completeUpgrade(app, userId, claims, now)
}

/** He may write while he is upgraded: the mark is tried until it holds or he is not anonymous any more. */
async function completeUpgrade(app: App, userId: string, claims: Claims, now: number): Promise<boolean> {
  const home = app.homePartition(userId)
  for (;;) {
    const versioned = await home?.get("user", userId)
    if (!home || !versioned || versioned.value?.mergeState) return false
    if (versioned.value?.externalId !== undefined) return versioned.value.externalId === claims.externalId
    const badges = versioned.value ? await badgesOfUpgrade(app, home, versioned.value) : {}
    if ((await home.commit(upgradeUser(versioned, userId, claims, now, badges))).kind !== "conflict")
      return true
  }
}

/**
 * [4.5] Reserves a verified email for an external id before anything else happens, so that a refusal leaves nothing.
 *
 * @returns the claims to go on with: without the email where the app ignores conflicts
 * @throws HubError `email_conflict` where it refuses them
 */
export async function reserveVerifiedEmail(app: App, claims: Claims, now: number): Promise<Claims> {
  if (claims.email === undefined || !claims.emailVerified) return claims
  const email = claims.email.toLowerCase()
  const { partition, id } = app.directorySlot(`email ${email}`)
  for (;;) {
    const versioned = await partition.get("email", id)
    const taken = versioned.value
    if (taken) {
      const holder = await holderOf(app, taken.externalId, now)
      const self = await holderOf(app, claims.externalId, now)
      const same = taken.externalId === claims.externalId || (holder && holder.record.id === self?.record.id)
      if (same && taken.externalId === claims.externalId) return claims
      if (!same && emailTaken(taken, holder?.record, now)) return withoutEmail(app, claims)
    }
    const done = await partition.commit(reserveEmail(versioned, email, claims.externalId, now))
    if (done.kind !== "conflict") return claims
  }
}

function withoutEmail(app: App, claims: Claims): Claims {
  if (app.settings.emailConflict === "refuse") throw new HubError("email_conflict")
  const { email: _, ...rest } = claims
  return { ...rest, emailVerified: false }
}
