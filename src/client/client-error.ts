/** Why a call of the client failed: a refusal of the hub (docs/protocol.md 4.7), or an error of the client's own. */
import type { HubCode } from "./client-model.ts"

/**
 * `offline` – there is no usable connection.
 * `timeout` – the hub did not answer in time; whether it acted is not known.
 * `identity_changed` – the user to whom the call belonged signed out or was replaced.
 * `outcome_unknown` – a send whose outcome stayed unknown for longer than the hub recognises repeats.
 * `outbox_full` – too many messages wait to be sent.
 * `not_signed_in` – `getToken` said that no user is signed in at the host.
 * `token_unavailable` – `getToken` failed or was silent, or the user is to log in again.
 * `cancelled` – the caller took it back: a login by its signal, a message by `cancel`.
 * `not_a_hub` – something answers at the URL, but it is no hub; or it is no URL of the web.
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

/** The codes for which the client makes the error itself; some of them are the hub's. */
type Said = LocalCode | "token_expired" | "token_revoked" | "session_consumed" | "payload_too_large"

const SENTENCES: Readonly<Record<Said, string>> = {
  offline: "Not connected to the hub: try again.",
  timeout: "The hub did not answer in time: try again.",
  identity_changed: "Its user has left.",
  outcome_unknown: "The hub did not answer, but may have stored it: look.",
  outbox_full: "Too many messages wait: try again.",
  not_signed_in: "getToken gave no token: log in.",
  token_unavailable: "There is no token: log in.",
  cancelled: "It was cancelled.",
  not_a_hub: "What answered is no hub: look at the URL (https: or http:).",
  storage_unavailable: "The storage fails: what is kept is lost with the page.",
  closed: "It was closed: make another.",
  token_expired: "The token has expired: log in again.",
  token_revoked: "The user has left: log in again.",
  session_consumed: "The visitor has signed in: log in.",
  payload_too_large: "More than 64 KB: send less.",
}

/** Of those, what may be otherwise a moment later. */
const isPassing = (code: string): boolean => /^(offline|timeout|outbox_full|token_(unav|exp).*)$/.test(code)

export class ClientError extends Error {
  override readonly name = "ClientError"
  readonly code: HubCode | LocalCode
  /** The same call may succeed later. */
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  /** @param why a sentence of what failed here */
  constructor(code: Said, why?: string)
  /** @param why a sentence of the hub */
  constructor(code: HubCode | LocalCode, why: string, retryable: boolean, retryAfterMs?: number)
  constructor(code: HubCode | LocalCode, why?: string, retryable = isPassing(code), retryAfterMs?: number) {
    // The boundary: without a sentence the code is one of the client's own, as the signatures say.
    super(why ?? SENTENCES[code as Said])
    this.code = code
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}
