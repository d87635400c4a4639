/** What a login begins with: who presents a token, and what the token proves. */
import type { Claims } from "../domain/user.ts"
import type { ExternalId, Seconds, UserId } from "../protocol/branded.ts"
import type { MergeReason } from "../protocol/events.ts"

/** Who presents the token: a socket without a user, a visitor (also a parked one), or a signed-in user. */
export type Presenter =
  | { readonly kind: "nobody" }
  | { readonly kind: "anonymous"; readonly userId: UserId }
  | { readonly kind: "identified"; readonly userId: UserId; readonly externalId: ExternalId }

/** A verified token: what it claims and when it was issued (Unix seconds). */
export interface Proof {
  readonly claims: Claims
  readonly issuedAt: Seconds | undefined
  readonly reason: MergeReason
}
