/** What a socket proved is compared with the store again, where the store may have lost it or a word of it (docs/protocol.md 4.4). */
import { judgeProof } from "../../app/proof.ts"
import type { Session } from "./user-session.ts"

/** [P4] Revoked, or borne by no record any more: it hears nothing until it logs in again. */
export async function judgeSession(session: Session): Promise<void> {
  const { app, identity, deps } = session
  if (identity.kind !== "identified") return
  const verdict = await judgeProof(app, identity, deps.clock.now())
  // Meanwhile it may have become somebody else, whom this verdict is not about.
  if (session.identity !== identity) return
  if (verdict === "revoked") session.revoke("logout")
  if (verdict === "lost") session.expire()
}
