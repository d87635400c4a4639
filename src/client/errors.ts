/** Why a call of the client failed: the hub's own refusals (docs/protocol.md 4.7), and a few that never reach it. */
import type { ErrorCode, WireError } from "../protocol/errors.ts"

/**
 * `offline` – there was no usable connection within the time a request may take.
 * `timeout` – the hub did not answer in time; whether it acted is not known.
 * `identity_changed` – the person to whom the call belonged signed out or was replaced.
 * `outcome_unknown` – a send whose fate stayed unknown for longer than the hub recognises repeats.
 * `outbox_full` – too many messages wait to be sent.
 * `token_unavailable` – `getToken` failed, gave no token in time, or there is none.
 * `closed` – the client was closed.
 */
export type LocalCode =
  | "offline"
  | "timeout"
  | "identity_changed"
  | "outcome_unknown"
  | "outbox_full"
  | "token_unavailable"
  | "closed"

export class ClientError extends Error {
  override readonly name = "ClientError"
  readonly code: ErrorCode | LocalCode
  /** The same call may succeed later. */
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode | LocalCode, message: string, retryable = false, retryAfterMs?: number) {
    super(message)
    this.code = code
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}

export const fromWire = ({ code, message, retryable, retryAfterMs }: WireError): ClientError =>
  new ClientError(code, message, retryable, retryAfterMs)

export const timedOut = (): ClientError => new ClientError("timeout", "The hub did not answer in time.", true)

export const notConnected = (): ClientError =>
  new ClientError("offline", "There is no connection to the hub.", true)

export const identityChanged = (): ClientError =>
  new ClientError("identity_changed", "The person to whom this belongs is no longer signed in here.")

export const noToken = (why: string): ClientError => new ClientError("token_unavailable", why, true)

export const closed = (): ClientError => new ClientError("closed", "The client was closed.")

/** These refusals of a command speak of the socket's identity: nothing was done, and a `login` cures them. */
const OF_THE_IDENTITY = new Set<string>([
  "token_expired",
  "token_revoked",
  "session_consumed",
  "session_invalid",
])
export const curedByLogin = (error: ClientError): boolean => OF_THE_IDENTITY.has(error.code)

/** Whatever was thrown by somebody else's code: a storage, a `getToken`, a listener's proxy. */
export const asClientError = (cause: unknown): ClientError =>
  cause instanceof ClientError
    ? cause
    : new ClientError("internal", cause instanceof Error ? cause.message : String(cause), true)
