/** Whether a socket may still be who it is, by the record of its user: asked whenever that record is read [P4]. */
import { isConsumed, isLoggedOut } from "../../domain/identity.ts"
import type { UserRecord } from "../../domain/records.ts"
import type { Identity } from "../auth/socket-identity.ts"
import type { Device } from "./session-state.ts"

export interface Judged {
  readonly identity: Identity
  readonly device: Device
  park(): void
  expire(): void
  revoke(reason: "logout"): void
}

/**
 * Time has passed since it came in: no visitor is told what is a proven person's by now, or goes on with a session that
 * was ended, and no user is proven whose record does not say so, or says that they have logged out.
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
