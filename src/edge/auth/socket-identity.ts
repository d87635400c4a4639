/** The identity of a socket at a moment: a union whose members have only the fields of that state (docs/protocol.md 4). */

import type { Presenter } from "../../app/presenter.ts"
import type { ExternalId, Millis, Seconds, UserId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"
import type { AnonymousSession } from "./session-token.ts"

/** What a token proved: kept to judge revocation and expiry while the socket lives. */
export interface Proven {
  readonly userId: UserId
  readonly externalId: ExternalId
  readonly kid: string
  /** Unix seconds. */
  readonly issuedAt: Seconds | undefined
  /** Unix milliseconds. */
  readonly expiresAt: Millis
  /** The number of the user's last logout when it was proven: only later ones may end it. */
  readonly logoutNo: number
}

export type SocketIdentity =
  | ({ readonly kind: "anonymous" } & AnonymousSession)
  | ({ readonly kind: "identified" } & Proven)
  /** The token has expired; the socket gets no events until a fresh one is presented. */
  | ({ readonly kind: "expired" } & Proven)
  /** Its key was deleted, or the user logged out everywhere. */
  | ({ readonly kind: "revoked" } & Proven)
  /** Another tab of the anonymous session signed in; this one has proven nothing. `""`: it came without a session. */
  | { readonly kind: "parked"; readonly userId: UserId }

/**
 * The presenter for a login. A parked tab presents its former visitor. That one has signed in already and brings no history,
 * unless a fail-over lost the sign-in: then the history is still to be merged [P3].
 */
export function presenterOf(identity: SocketIdentity): Presenter {
  switch (identity.kind) {
    case "anonymous":
      return { kind: "anonymous", userId: identity.userId }
    case "parked":
      return identity.userId === "" ? { kind: "nobody" } : { kind: "anonymous", userId: identity.userId }
    case "identified":
    case "expired":
    case "revoked":
      return { kind: "identified", userId: identity.userId, externalId: identity.externalId }
  }
}

/** An identity that may act, and gets its user's events. */
export const isActive = ({ kind }: SocketIdentity): boolean => kind === "anonymous" || kind === "identified"

/** Every command but `login` and `logout` is for sockets that may act. */
export function demandActive(
  identity: SocketIdentity,
): asserts identity is Extract<SocketIdentity, { kind: "anonymous" | "identified" }> {
  if (identity.kind === "expired") throw new HubError("token_expired")
  if (identity.kind === "revoked") throw new HubError("token_revoked")
  if (identity.kind === "parked") throw new HubError("session_consumed")
}

export const isProven = (identity: SocketIdentity): identity is Extract<SocketIdentity, Proven> =>
  identity.kind === "identified" || identity.kind === "expired" || identity.kind === "revoked"
