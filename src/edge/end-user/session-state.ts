/** What `ready` and the acknowledgements of a login hold: the state of the user, and what belongs to this device alone. */
import type { Situation } from "../../app/snapshot.ts"
import type { Outcome, ReadyReason, State } from "../../protocol/handshake.ts"
import type { Channel } from "../../protocol/model.ts"
import type { Identity } from "../auth/socket-identity.ts"

export interface Device {
  readonly id: string
  readonly channel: Channel
}

export function stateOf(
  identity: Identity,
  device: Device,
  reason: ReadyReason,
  situation: Situation,
  outcome?: Outcome,
): State {
  return {
    reason,
    ...situation,
    device,
    ...(identity.kind === "anonymous" && { sessionToken: identity.sessionToken }),
    ...(outcome && identity.kind === "identified" && { login: { outcome, expiresAt: identity.expiresAt } }),
  }
}
