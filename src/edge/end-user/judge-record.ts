/** Checks a socket's identity against its user's record, whenever that record is read [P4]. */
import type { Device } from "../../domain/device.ts"
import { isConsumed, isLoggedOut } from "../../domain/identity.ts"
import type { UserRecord } from "../../domain/records.ts"
import type { SocketIdentity } from "../auth/socket-identity.ts"

export interface Judged {
  readonly identity: SocketIdentity
  readonly device: Device
  park(): void
  expire(): void
  revoke(reason: "logout"): void
}

/**
 * The record may have changed since the socket connected. A visitor whose record is a signed-in person's or an ended one is
 * parked. A signed-in socket expires if the record has no external id, and is revoked if the record says that they logged
 * out.
 *
 * @param record `undefined`: nothing is stored of the user
 */
export function judgeRecord(judged: Judged, record: UserRecord | undefined): void {
  const { identity, device } = judged
  if (identity.kind === "anonymous" && record && isConsumed(record)) judged.park()
  if (identity.kind !== "identified") return
  if (record?.externalId === undefined) judged.expire()
  else if (isLoggedOut(record, { ...identity, deviceId: device.id })) judged.revoke("logout")
}
