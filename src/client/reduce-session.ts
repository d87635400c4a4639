/** On an open connection the proof stops being good: it expires, another tab signs in, the session is ended. Pure. */
import { type Source, sessionOf, sourceOf } from "./client-state.ts"
import { type Next, type Of, setSession, tell, will } from "./next-state.ts"
import { needsToken, startEffort } from "./reduce-effort.ts"

export function expiring(next: Next, { data: { expiresAt } }: Of<"expiring">): void {
  tell(next, { type: "expiring", expiresAt })
  const source = renewable(next)
  if (source && sessionOf(next)) startEffort(next, source)
}

/** A token that has expired, or is about to, is no way to get another one. */
const renewable = (next: Next): Source | undefined => {
  const source = sourceOf(next)
  return source?.via === "tab" && source.jwt === next.token?.jwt ? undefined : source
}

export function expired(next: Next): void {
  setSession(next, { state: "expired", renewing: true })
  tell(next, { type: "expired" })
  renew(next)
}

export function parked(next: Next): void {
  next.parkedAt = next.at
  setSession(next, { state: "parked", reason: "session_moved", renewing: true })
  renew(next)
}

/**
 * Another tab of this browser signed out, or all devices did, or the key is gone: what the storage says, once no tab
 * is changing it, tells the first from the others.
 */
export const revoked = (next: Next, { data }: Of<"revoked">): void => revokedFor(next, data.reason)

function revokedFor(next: Next, reason: "key_deleted" | "logout"): void {
  setSession(next, { state: "revoked", reason, renewing: true })
  tell(next, { type: "revoked", reason })
  will(next, { do: "readRecord", inTurn: true })
}

/** A command was refused because this socket's identity is no longer valid. */
export function unidentified(next: Next, { error: { code } }: Of<"unidentified">): void {
  if (sessionOf(next)?.state !== "live" || next.busy > 0) return
  if (code === "token_expired") expired(next)
  else if (code === "token_revoked") revokedFor(next, "key_deleted")
  else parked(next)
}

/** The host is asked once; a token that is on its way to the hub is what it would give. */
export function renew(next: Next): void {
  if (!sessionOf(next) || next.effort?.step === "presenting") return
  const source = renewable(next)
  if (source) startEffort(next, source)
  else needsToken(next)
}
