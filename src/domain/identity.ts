/** The change sets of logins and logouts (docs/protocol.md 4.2, 4.4). */
import { lately } from "../lib/lately.ts"
import type { ExternalId, Millis, Seconds, UserId } from "../protocol/branded.ts"
import { emailKey } from "../protocol/scalars.ts"
import type { ChangeSet, Versioned } from "./change-set.ts"
import type { EmailRecord, UserRecord } from "./records.ts"
import { applyClaims, blankUser, type Claims, userUpdateEvents } from "./user.ts"

/** A change of a user, and the user's record after it. */
export interface UserChange {
  readonly user: UserRecord
  readonly changeSet: ChangeSet
}

/**
 * Whether a user is no longer an anonymous visitor: signed in, merged away or logged out. Their session token opens
 * nothing then [P4].
 */
export const isConsumed = ({ mergeState, externalId, ended }: UserRecord): boolean =>
  mergeState !== undefined || externalId !== undefined || ended === true

/**
 * [4.4] Only tokens issued in a later second than the last logout everywhere sign a user in.
 *
 * @param issuedAt of the token, Unix seconds
 */
export const isRevoked = (
  { tokensAfter }: Pick<UserRecord, "tokensAfter">,
  issuedAt: Seconds | undefined,
): boolean => tokensAfter !== undefined && (issuedAt ?? 0) <= tokensAfter

/**
 * The number of a user's last logout of a device. A session remembers it when it signs in: only logouts with higher
 * numbers concern it.
 */
export const lastLogout = ({ logouts }: Pick<UserRecord, "logouts">): number => logouts?.at(-1)?.[1] ?? 0

/** What is needed to tell whether a logout ends a socket's session. */
export interface ProvenSession {
  /** The token's, Unix seconds. */
  readonly issuedAt: Seconds | undefined
  readonly deviceId: string
  /** The user's last logout when it signed in. */
  readonly logoutNo: number
}

/** [4.4] The person logged out everywhere since the token was issued, or on this device since the socket signed in. */
export const isLoggedOut = (
  user: Pick<UserRecord, "tokensAfter" | "logouts">,
  { issuedAt, deviceId, logoutNo }: ProvenSession,
): boolean =>
  isRevoked(user, issuedAt) || (user.logouts ?? []).some(([id, no]) => id === deviceId && no > logoutNo)

/** The first step of an upgrade and of a new person: no other user can become the holder of the external id. */
export function reserveExternalId(
  directory: Versioned<"directory">,
  externalId: ExternalId,
  userId: UserId,
): ChangeSet {
  return {
    expect: [directory],
    put: [{ kind: "directory", id: directory.id, value: { externalId, userId } }],
  }
}

/**
 * The second step: the user bears the external id that was reserved. What they wrote before stays unauthenticated, what
 * follows is authenticated.
 *
 * @param slot what the directory keeps the external id under
 * @param badges `ticket:update` for their tickets, which bear the check mark from now on, and what these events depend on
 */
export function upgradeUser(
  user: Versioned<"user">,
  userId: UserId,
  claims: Claims,
  slot: string,
  now: Millis,
  badges: Pick<ChangeSet, "expect" | "append">,
): UserChange {
  const before = user.value ?? blankUser(userId, now)
  const after: UserRecord = {
    ...before,
    externalId: claims.externalId,
    profile: applyClaims(before.profile, claims),
    // A user who is created by signing in was never anonymous: that is no upgrade.
    ...(user.value && { upgradedAt: now }),
  }
  return {
    user: after,
    changeSet: {
      expect: [user, ...(badges.expect ?? [])],
      put: [
        { kind: "user", id: userId, value: after },
        // A second copy of the directory's record, beside the user: if the directory's partition loses its own, this
        // one restores it.
        { kind: "directory", id: slot, value: { externalId: claims.externalId, userId } },
      ],
      append: [...userUpdateEvents(after, "authentication"), ...(badges.append ?? [])],
    },
  }
}

/** A login of a known user: `undefined` where the token claims nothing new. */
export function updateClaims(
  user: Versioned<"user">,
  record: UserRecord,
  claims: Claims,
): UserChange | undefined {
  const profile = applyClaims(record.profile, claims)
  const same = (["name", "email", "emailVerified"] as const).every(
    (key) => profile[key] === record.profile[key],
  )
  if (same) return undefined
  const after = { ...record, profile }
  return {
    user: after,
    changeSet: {
      expect: [user],
      put: [{ kind: "user", id: record.id, value: after }],
      append: userUpdateEvents(after, "profile"),
    },
  }
}

/** How long a visitor's last feed entry is kept: until every node has read it, also one that missed the announcement. */
const FEED_KEPT_S = 120
/** How long the session token of a visitor who never wrote is refused after they signed in. */
const RETIRED_S = 86_400
/** The same after they logged out: as long as a session token lives. */
const ENDED_S = 180 * 86_400

/**
 * A visitor without a history signed in as a known user: the visitor's session ends, and its other tabs are told. This
 * happens on each page of a site whose people are signed in, so what it leaves goes by itself. A token that is presented
 * later still opens an empty history, as any new one does.
 */
export function retireVisitor(
  user: Versioned<"user">,
  { userId, into, mergeId }: { readonly userId: UserId; readonly into: UserId; readonly mergeId: string },
  now: Millis,
): ChangeSet {
  return {
    expect: [user],
    put: [
      {
        kind: "user",
        id: userId,
        value: {
          ...blankUser(userId, now),
          mergeState: { kind: "merged", into, mergeId, reason: "sdkLogin", at: now },
        },
      },
    ],
    append: [{ to: "feed", userId, payload: { kind: "moved", into, reason: "sdkLogin" } }],
    expire: [
      { kind: "user", id: userId, seconds: RETIRED_S },
      { kind: "feed", id: userId, seconds: FEED_KEPT_S },
    ],
  }
}

/** [4.5] A verified email belongs to one external id. */
export function reserveEmail(
  versioned: Versioned<"email">,
  email: string,
  externalId: ExternalId,
  now: Millis,
): ChangeSet {
  return {
    expect: [versioned],
    put: [{ kind: "email", id: versioned.id, value: { email, externalId, reservedAt: now } }],
  }
}

/** How long a reservation counts before the user's profile bears the email: a login takes less. */
const RESERVATION_MS = 60_000

/** Whether an email reserved for another external id is really held by that id's user. */
export function emailTaken(record: EmailRecord, holder: UserRecord | undefined, now: Millis): boolean {
  if (lately(record.reservedAt, now, RESERVATION_MS)) return true
  const { email, emailVerified } = holder?.profile ?? {}
  return emailVerified === true && emailKey(email ?? "") === emailKey(record.email)
}

/** A socket that asks for a logout. It learns of it by its answer, so it ignores the announcement. */
export interface LogoutRequest {
  readonly by: string
  /** Of its token, Unix seconds. */
  readonly issuedAt: Seconds | undefined
}

/**
 * [4.4] From now on only tokens issued in a later second sign this user in. The one that asks is ended, too, where its issuer's
 * clock is ahead; and a logout while the clock is behind takes none back that was before.
 */
export function revokeBefore(
  user: Versioned<"user">,
  record: UserRecord,
  now: Millis,
  { by, issuedAt }: LogoutRequest,
): ChangeSet {
  const tokensAfter = Math.max(Math.floor(now / 1000), issuedAt ?? 0, record.tokensAfter ?? 0)
  return {
    expect: [user],
    put: [{ kind: "user", id: record.id, value: { ...record, tokensAfter } }],
    append: [{ to: "control", payload: { kind: "revoked", userId: record.id, tokensAfter, by } }],
  }
}

/**
 * Devices whose last logout is kept in the user's record. Sockets are told at once; the record is for those that missed
 * it.
 */
const KEPT_LOGOUTS = 50

/** [4.4] The user's sockets of this device are signed out, on every node. */
export function logOutDevice(
  user: Versioned<"user">,
  record: UserRecord,
  deviceId: string,
  by: string,
): ChangeSet {
  const no = lastLogout(record) + 1
  const others = (record.logouts ?? []).filter(([id]) => id !== deviceId)
  const logouts = [...others, [deviceId, no] as const].slice(-KEPT_LOGOUTS)
  return {
    expect: [user],
    put: [{ kind: "user", id: record.id, value: { ...record, logouts } }],
    append: [{ to: "control", payload: { kind: "logout", userId: record.id, deviceId, no, by } }],
  }
}

/**
 * [4.4] A visitor's session is over for good. Their own feed tells it, which the nodes with their sockets follow: what
 * visitors do stands in no other user's way.
 */
export function endVisitor(user: Versioned<"user">, userId: UserId, now: Millis): ChangeSet {
  const record = user.value ?? blankUser(userId, now)
  return {
    expect: [user],
    put: [{ kind: "user", id: userId, value: { ...record, ended: true } }],
    append: [{ to: "feed", userId, payload: { kind: "ended" } }],
    ...(!user.value && {
      expire: [
        { kind: "user", id: userId, seconds: ENDED_S },
        { kind: "feed", id: userId, seconds: FEED_KEPT_S },
      ],
    }),
  }
}
