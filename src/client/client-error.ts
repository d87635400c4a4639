/** Why a call of the client failed: the hub's own refusals (docs/protocol.md 4.7), and a few that never reach it. */
import type { HubCode } from "./client-model.ts"

/**
 * `offline` – there is no usable connection.
 * `timeout` – the hub did not answer in time; whether it acted is not known.
 * `identity_changed` – the user to whom the call belonged signed out or was replaced.
 * `outcome_unknown` – a send whose outcome stayed unknown for longer than the hub recognises repeats.
 * `outbox_full` – too many messages wait to be sent.
 * `not_signed_in` – `getToken` said that no user is signed in at the host.
 * `token_unavailable` – `getToken` failed or gave no token in time.
 * `cancelled` – the caller took it back: a login by its signal, a message by `cancel`.
 * `not_a_hub` – something answers at the URL, but it is no hub.
 * `storage_unavailable` – the storage fails or does not answer; what is kept there lasts only as long as the page.
 * `closed` – the client was closed.
 */
export type LocalCode =
  | "offline"
  | "timeout"
  | "identity_changed"
  | "outcome_unknown"
  | "outbox_full"
  | "not_signed_in"
  | "token_unavailable"
  | "cancelled"
  | "not_a_hub"
  | "storage_unavailable"
  | "closed"

export class ClientError extends Error {
  override readonly name = "ClientError"
  readonly code: HubCode | LocalCode
  /** The same call may succeed later. */
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  /** @param why a sentence of the hub, or of what failed here; without one the code in words says it */
  constructor(code: HubCode | LocalCode, why?: string, retryable = false, retryAfterMs?: number) {
    super(why ?? code.replaceAll("_", " "))
    this.code = code
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}
