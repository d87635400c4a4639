/** What `ready` and the acknowledgements of a login hold: the state of the user, and what belongs to this device alone. */
import type { Situation } from "../../app/snapshot.ts"
import type { Device } from "../../domain/device.ts"
import type { Outcome, ReadyReason, State } from "../../protocol/handshake.ts"
import type { AnonymousSession } from "../auth/session-token.ts"
import type { SocketIdentity } from "../auth/socket-identity.ts"

interface Telling {
  readonly device: Device
  readonly reason: ReadyReason
  readonly situation: Situation
  readonly outcome: Outcome | undefined
}

export function stateOf(
  identity: SocketIdentity,
  { device, reason, situation, outcome }: Telling,
  tokenOf: (session: AnonymousSession) => string,
): State {
  return {
    reason,
    device,
    ...situation,
    ...(identity.kind === "anonymous" && { sessionToken: tokenOf(identity) }),
    ...(outcome && identity.kind === "identified" && { login: { outcome, expiresAt: identity.expiresAt } }),
  }
}
