/** The user as clients see them, and their profile after a login, a change by themselves, and a merge. */

import { lately } from "../lib/lately.ts"
import type { ExternalId, Millis, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import type { Profile, User } from "../protocol/model.ts"
import { byteLength, emailKey, METADATA_BYTES } from "../protocol/scalars.ts"
import type { Append, ChangeSet, RankingChange, Versioned } from "./change-set.ts"
import { businessEvent, userEvent } from "./event-entries.ts"
import type { MergeSides } from "./merge-sides.ts"
import type { MergedId, Metadata, UserRecord } from "./records.ts"

/** What a verified token says about its user. */
export interface Claims {
  readonly externalId: ExternalId
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly emailVerified: boolean
}

/** Sends repeated under a merged id are recognized for as long as ids of commits are kept, and a day more. */
const MERGED_ID_MS = 48 * 3_600_000

export const isAuthenticated = (user: UserRecord): boolean => user.externalId !== undefined

export function blankUser(id: UserId, now: Millis): UserRecord {
  return { id, createdAt: now, profile: {}, mergedIds: [] }
}

export function userView(user: UserRecord): User {
  return {
    id: user.id,
    ...(user.externalId !== undefined && { externalId: user.externalId }),
    authenticated: isAuthenticated(user),
    profile: user.profile,
    ...(user.metadata && { metadata: user.metadata }),
  }
}

/** For the user's devices and for agents: the user as they are now. */
export function userUpdateEvents(user: UserRecord, reason: "authentication" | "profile"): Append[] {
  const data = { user: userView(user), reason }
  return [
    userEvent(user.id, { type: "user:update", data }),
    businessEvent({ userId: user.id }, { type: "user:update", data: { userId: user.id, ...data } }),
  ]
}

/** The profile after a login: claims win; a verified email is not replaced by an unverified one [4.2, 4.5]. */
export function applyClaims(profile: Profile, claims: Claims): Profile {
  const next: Profile = { ...profile }
  if (claims.name !== undefined) next.name = claims.name
  if (claims.email === undefined) return next
  // Another Unicode composition of the same letters is no change: the known spelling stays.
  const same = claims.email.normalize("NFC") === profile.email?.normalize("NFC")
  const email = same ? profile.email : claims.email
  if (claims.emailVerified) return { ...next, email, emailVerified: true }
  if (profile.emailVerified) return next
  return { ...next, email, emailVerified: false }
}

/** What a user says of themselves. */
export interface ProfileCommand {
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly locale?: string | undefined
  readonly metadata?: Metadata | undefined
}

/**
 * [4.5] An email that is typed is never verified and never causes a merge.
 *
 * @throws HubError `conflict` for an email in place of a verified one, `bad_request` for too much metadata
 */
export function changeProfile(
  versioned: Versioned<"user">,
  before: UserRecord,
  { name, email, locale, metadata }: ProfileCommand,
  now: Millis,
): { user: UserRecord; changeSet: ChangeSet } {
  const { profile } = before
  if (email !== undefined && profile.emailVerified && emailKey(email) !== emailKey(profile.email ?? ""))
    throw new HubError("conflict", "A verified email is not replaced by a typed one.")
  const merged = metadata && { ...before.metadata, ...metadata }
  if (merged && byteLength(JSON.stringify(merged)) > METADATA_BYTES)
    throw new HubError("bad_request", `metadata: must not exceed ${METADATA_BYTES} bytes.`)
  // Agents may be many and profiles may change often: changes within two seconds are told in one event.
  const tells = !lately(before.profileToldAt ?? Number.NEGATIVE_INFINITY, now, PROFILE_TOLD_EVERY_MS)
  const user: UserRecord = {
    ...before,
    ...(tells ? { profileToldAt: now, profileUntold: undefined } : { profileUntold: true }),
    profile: {
      ...profile,
      ...(name !== undefined && { name }),
      ...(email !== undefined && !profile.emailVerified && { email, emailVerified: false }),
      ...(locale !== undefined && { locale }),
    },
    ...(merged && { metadata: merged }),
  }
  return {
    user,
    changeSet: {
      expect: [versioned],
      put: [{ kind: "user", id: user.id, value: user }],
      append: tells ? userUpdateEvents(user, "profile") : userUpdateEvents(user, "profile").slice(0, 1),
      rank: tells ? (before.profileUntold ? [untold(user.id, "out")] : []) : [untold(user.id, "now")],
    },
  }
}

/** At most one event of a user's own changes goes to the agents in this time, and the last change is always told. */
export const PROFILE_TOLD_EVERY_MS = 2_000

const untold = (userId: UserId, score: "now" | "out"): RankingChange => ({
  of: "untold",
  name: "",
  member: userId,
  score,
})

/**
 * Tells agents of a profile what they have not been told yet. Where another caller was faster, it only leaves the
 * ranking `untold`.
 */
export function profileNews(versioned: Versioned<"user">, userId: UserId, now: Millis): ChangeSet {
  const crossedOff = { expect: [versioned], rank: [untold(userId, "out")] }
  const record = versioned.value
  if (!record?.profileUntold) return crossedOff
  const user: UserRecord = { ...record, profileToldAt: now, profileUntold: undefined }
  return {
    ...crossedOff,
    put: [{ kind: "user", id: userId, value: user }],
    // The event of the merge has told agents of the survivor.
    append: record.mergeState ? [] : userUpdateEvents(user, "profile").slice(1),
  }
}

/** The survivor's values win, the discarded user's fill what is absent; an email never replaces another one. */
export function mergedProfile({ survivor, discarded }: MergeSides<Profile>): Profile {
  const { email, emailVerified, ...rest } = discarded
  const merged: Profile = { ...rest, ...survivor }
  if (survivor.email !== undefined || email === undefined) return merged
  return { ...merged, email, ...(emailVerified !== undefined && { emailVerified }) }
}

/** The discarded user's facts fill absent ones key by key, as long as all together stay within 4,096 bytes. */
export function mergedMetadata({ survivor, discarded }: MergeSides<Metadata | undefined>) {
  if (!discarded) return survivor
  let merged: Metadata = { ...survivor }
  for (const [key, value] of Object.entries(discarded)) {
    if (Object.hasOwn(merged, key)) continue
    const candidate = { ...merged, [key]: value }
    if (byteLength(JSON.stringify(candidate)) <= METADATA_BYTES) merged = candidate
  }
  return merged
}

/** Ids kept in `mergedIds`: each is a look-up for every send of this person. */
const MAX_MERGED_IDS = 8

/** The ids under which a repeated command of this user may have been stored. */
export function mergedIdsOf(user: UserRecord, command: "send" | "create"): UserId[] {
  return user.mergedIds.flatMap(([userId, , of]) => (of && command === "send" ? [] : [userId]))
}

/**
 * @param known which of the discarded user's commands are known under the survivor's id, so that theirs need not be
 * looked up
 */
export function withMergedId(
  { survivor, discarded }: MergeSides<UserRecord>,
  now: Millis,
  known: "nothing" | "sends" | "everything" = "nothing",
): UserRecord["mergedIds"] {
  const own: MergedId = known === "nothing" ? [discarded.id, now] : [discarded.id, now, "creations"]
  const arriving = known === "everything" ? discarded.mergedIds : [...discarded.mergedIds, own]
  const names = [...survivor.mergedIds.filter(([id]) => arriving.every(([name]) => name !== id)), ...arriving]
  return names.filter(([, at]) => at > now - MERGED_ID_MS).slice(-MAX_MERGED_IDS)
}
