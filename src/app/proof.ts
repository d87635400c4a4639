/**
 * Checks that what a token proved is still in the store. A socket lives longer than one check, and a store that loses its tail
 * may lose an upgrade, a user or a revocation (docs/architecture.md 6).
 */
import { isLoggedOut, type ProvenSession } from "../domain/identity.ts"
import type { UserRecord } from "../domain/records.ts"
import type { ExternalId, Millis, UserId } from "../protocol/branded.ts"
import { HubError } from "../protocol/errors.ts"
import { ReadSet } from "../repository/read-set.ts"
import type { App } from "./app.ts"
import { holderOf } from "./directory.ts"
import { resolveUser } from "./merge-users.ts"

export interface ProvenIdentity extends ProvenSession {
  readonly userId: UserId
  readonly externalId: ExternalId
}

/** `lost`: no record bears the proven external id any more; a fresh login makes one. */
export type ProofVerdict = "holds" | "revoked" | "lost"

export async function judgeProof(app: App, proof: ProvenIdentity, now: Millis): Promise<ProofVerdict> {
  const reads = new ReadSet()
  const person = await resolveUser(app, proof.userId, reads)
  if (!person || !(await bears(app, person.record, proof.externalId, now, reads))) return "lost"
  return isLoggedOut(person.record, proof) ? "revoked" : "holds"
}

/**
 * [P4] No user acts as proven on a record that does not say so, or that says that they have logged out.
 *
 * @throws HubError `token_revoked`; `token_expired`: a login with a fresh token finds, or makes, the record that does
 */
export async function demandBearer(
  app: App,
  record: UserRecord | undefined,
  proof: Omit<ProvenIdentity, "userId">,
  now: Millis,
  reads: ReadSet,
): Promise<void> {
  if (!record || !(await bears(app, record, proof.externalId, now, reads)))
    throw new HubError("token_expired", "The store has lost what this token proved.")
  if (isLoggedOut(record, proof)) throw new HubError("token_revoked")
}

/** Whether the record alone shows that the proof holds. If not, `demandBearer` finds out with further look-ups. */
export const bearsProof = (record: UserRecord, proof: Omit<ProvenIdentity, "userId">): boolean =>
  record.mergeState === undefined && record.externalId === proof.externalId && !isLoggedOut(record, proof)

/**
 * Whether the record's user holds the external id. After an operator merged two identified users only the directory can
 * tell.
 */
async function bears(
  app: App,
  record: UserRecord,
  externalId: ExternalId,
  now: Millis,
  reads: ReadSet,
): Promise<boolean> {
  if (record.externalId === undefined) return false
  if (record.externalId === externalId) return true
  return (await holderOf(app, externalId, now, reads))?.record.id === record.id
}
