/** Who becomes whom at a login (docs/protocol.md 4.2): the rules as change sets. */
import type { ExternalId, Millis, Seconds, UserId } from "../protocol/branded.ts"
import type { ChangeSet, Versioned } from "./change-set.ts"
import type { EmailRecord, UserRecord } from "./records.ts"
import { applyClaims, blankUser, type Claims, userUpdateEvents } from "./user.ts"

/** A change of a user, and the user as it leaves them. */
export interface UserChange {
  readonly user: UserRecord
  readonly changeSet: ChangeSet
}

/** Anonymous no more: signed in, or merged away. Such a user's session token opens nobody [P4]. */
export const isConsumed = ({ mergeState, externalId }: UserRecord): boolean =>
  mergeState !== undefined || externalId !== undefined

/**
 * [4.4] Only tokens issued in a later second than the last logout everywhere open a user.
 *
 * @param issuedAt of the token, Unix seconds
 */
export const isRevoked = (
  { tokensAfter }: Pick<UserRecord, "tokensAfter">,
  issuedAt: Seconds | undefined,
): boolean => tokensAfter !== undefined && (issuedAt ?? 0) <= tokensAfter

/** The first step of an upgrade and of a new person: nobody else can become the holder of the external id. */
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
 * The second step: the user bears the id he claimed. What he wrote before stays unproven, what follows is proven.
 *
 * @param slot what the directory keeps the external id under
 * @param badges what agents are told of their tickets, which bear the check mark from now on, and while what holds
 */
export function upgradeUser(
  user: Versioned<"user">,
  userId: UserId,
  claims: Claims,
  slot: string,
  now: Millis,
  badges: Pick<ChangeSet, "expect" | "heads" | "append">,
): UserChange {
  const before = user.value ?? blankUser(userId, now)
  const after: UserRecord = {
    ...before,
    externalId: claims.externalId,
    profile: applyClaims(before.profile, claims),
    // Who was nobody before was upgraded from nothing.
    ...(user.value && { upgradedAt: now }),
  }
  return {
    user: after,
    changeSet: {
      expect: [user, ...(badges.expect ?? [])],
      heads: badges.heads ?? [],
      put: [
        { kind: "user", id: userId, value: after },
        // The claim once more, beside the user: should the directory's partition lose it, it is found here.
        { kind: "directory", id: slot, value: { externalId: claims.externalId, userId } },
      ],
      append: [...userUpdateEvents(after, "authentication"), ...(badges.append ?? [])],
    },
  }
}

/** A login of somebody known: the token's claims are news, or there is none. */
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

/** A visitor without a history signed in as somebody known: his session ends here, its other tabs are told. */
export function retireVisitor(
  user: Versioned<"user">,
  userId: UserId,
  into: string,
  mergeId: string,
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

/** A claim whose login has not ended yet is respected for this long. */
const RESERVATION_MS = 60_000

/** Whether an email claimed under another external id is really taken by the user behind it. */
export function emailTaken(record: EmailRecord, holder: UserRecord | undefined, now: Millis): boolean {
  if (record.reservedAt > now - RESERVATION_MS) return true
  const { email, emailVerified } = holder?.profile ?? {}
  return emailVerified === true && email?.toLowerCase() === record.email
}

/** [4.4] From now on only tokens issued in a later second open this user. */
export function revokeBefore(
  user: Versioned<"user">,
  record: UserRecord,
  now: Millis,
  by: string,
): ChangeSet {
  const tokensAfter = Math.floor(now / 1000)
  return {
    expect: [user],
    put: [{ kind: "user", id: record.id, value: { ...record, tokensAfter } }],
    append: [{ to: "control", payload: { kind: "revoked", userId: record.id, tokensAfter, by } }],
  }
}

/** [4.4] The device's sockets, on every node, begin anew as this visitor. Announced, and nothing else is stored. */
export function endDevice(row: {
  readonly userId: UserId
  readonly deviceId: string
  readonly freshUserId: UserId
  readonly by: string
}): ChangeSet {
  return { append: [{ to: "control", payload: { kind: "logout", ...row } }] }
}
