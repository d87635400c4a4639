/**
 * To whom an unsent message belongs. A's drafts are never sent as B; those of the anonymous visitor go along when
 * they sign in, because visitor and signed-in user are one (docs/protocol.md 4.2). Pure.
 */
import type { ReadyReason } from "../protocol/handshake.ts"
import type { User } from "./client-model.ts"
import { NO_SESSION, type SessionRecord } from "./session-record.ts"
import { decoded } from "./unknown-fields.ts"

export interface Owner {
  readonly userId: string
  /** The external id the hub accepted; it names the same user after a merge gave them another user id. */
  readonly externalId?: string | undefined
}

/** @param claimed the external id of the token with which this user signed in */
export function ownerOf(user: User, claimed: string | undefined): Owner {
  return {
    userId: user.id,
    externalId: user.authenticated ? (claimed ?? user.externalId ?? user.id) : undefined,
  }
}

const same = (a: Owner, b: Owner): boolean =>
  a.userId === b.userId || (a.externalId !== undefined && a.externalId === b.externalId)

/**
 * What happens to a draft when a state arrives.
 *
 * `adopt` – it is the new user's. `hold` – it stays unsent and unseen: it belongs to a signed-in user, and after
 * a reload no user is signed in yet. `reject` – it may never be sent.
 *
 * @param owner `undefined`: typed before the user was known, so by the visitor
 * @param before the user whom the state replaces, as far as this run of the client knows
 * @param record says which visitor has signed in although no tab heard of it
 */
export function verdictOn(
  owner: Owner | undefined,
  before: Owner | undefined,
  now: Owner,
  reason: ReadyReason,
  { consumed, consumedAs }: SessionRecord = NO_SESSION,
): "adopt" | "hold" | "reject" {
  if (!owner) return "adopt"
  if (reason === "logout") return same(owner, now) ? "adopt" : "reject"
  // This visitor has signed in: only as the same one do their drafts go along.
  if (!owner.externalId && owner.userId === consumed && consumed !== now.userId) {
    if (!now.externalId) return "hold"
    return now.externalId === (consumedAs ?? now.externalId) ? "adopt" : "reject"
  }
  if (same(owner, now) || !owner.externalId) return "adopt"
  if (reason === "merge" && before && same(owner, before)) return "adopt"
  return now.externalId ? "reject" : "hold"
}

/** Whether the user of a state is the one who was known before it. */
export const isStill = (before: Owner | undefined, now: Owner, reason: ReadyReason): boolean =>
  before !== undefined && verdictOn(before, before, now, reason) === "adopt"

/**
 * The `external_id` of a token, unverified: the hub has judged it, here it only tells users apart.
 * `undefined` if there is none to read.
 */
export function claimedExternalId(jwt: string): string | undefined {
  try {
    const payload = (jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
    const { external_id } = decoded(new TextDecoder().decode(bytes))
    return typeof external_id === "string" ? external_id : undefined
  } catch {
    return undefined
  }
}
