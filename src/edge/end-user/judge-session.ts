/**
 * Compares what a socket proved with the store again, where the store may have lost the record or a revocation
 * (docs/protocol.md 4.4).
 */
import { judgeProof } from "../../app/proof.ts"
import type { Session } from "./user-session.ts"

/** [P4] Ends the identity if it was revoked, or no record bears it any more: no further events until the next login. */
export async function judgeSession(session: Session): Promise<void> {
  const { app, identity } = session
  if (identity.kind !== "identified") return
  const proof = { ...identity, deviceId: session.device.id }
  const verdict = await judgeProof(app, proof, app.now())
  // Meanwhile it may have become another user, whom this verdict is not about.
  if (session.identity !== identity) return
  if (verdict === "revoked") session.revoke("logout")
  if (verdict === "lost") session.expire()
}
