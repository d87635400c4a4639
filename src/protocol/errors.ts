/**
 * Every error the hub can answer with, in one table (docs/protocol.md 4.7). Acknowledgements, HTTP answers,
 * metrics and the documentation are made from it.
 *
 * `retryable` – the same request may succeed later without a change by its author (or, for `token_expired`,
 * after a `login` with a fresh token). `status` – the HTTP status of the same refusal. `advice` – the sentence
 * that tells the caller what to do.
 */
export interface ErrorRow {
  readonly retryable: boolean
  readonly status: number
  readonly advice: string
}

const row = (status: number, advice: string, retryable = false): ErrorRow => ({ retryable, status, advice })

export const ERRORS = {
  bad_request: row(400, "Correct the field that the message names and send again."),
  not_found: row(404, "Check the id: nothing you may see has it."),
  forbidden: row(403, "This identity may not do that; use one that may."),
  conflict: row(409, "Another change came first: read the current state, then decide again."),
  rate_limited: row(429, "Wait for retryAfterMs, then send again.", true),
  payload_too_large: row(413, "Send a smaller body: at most 64 KB."),
  unavailable: row(503, "The store cannot be reached: send the same request again in a moment.", true),
  internal: row(500, "The hub failed: send the same request again, and report it if it stays.", true),
  app_not_found: row(404, "Check appId: no app has it."),
  version_not_supported: row(400, "Speak protocol version 1: send v: 1 in the handshake."),
  origin_not_allowed: row(
    403,
    "Add this origin to the app's allowedOrigins, and for helpCenter to helpCenter.origins.",
  ),
  channel_not_supported: row(400, "Use one of the channels web, ios, android."),
  agent_workspace_required: row(403, "Turn on the app's setting agentWorkspace."),
  session_invalid: row(401, "Drop the session token and connect without one."),
  session_consumed: row(401, "Sign in with a JWT, or drop the session token and begin a new session."),
  token_malformed: row(401, "Send a compact JWS with a JSON object as its payload."),
  token_expired: row(401, "Log in with a fresh token, then repeat the request.", true),
  token_not_yet_valid: row(401, "Check the clock of the token's issuer: nbf or iat lies ahead."),
  token_revoked: row(401, "Sign in again with a token issued after the logout."),
  kid_missing: row(401, "Name the key in the token's header: kid."),
  kid_unknown: row(401, "Sign with a live key of this app."),
  expiry_missing: row(401, "Give the token an exp, or at least an iat."),
  alg_not_allowed: row(401, "Sign with the algorithm of the key."),
  signature_invalid: row(401, "Sign with the secret of the key that kid names."),
  scope_invalid: row(403, "Give the token the scope of this namespace."),
  external_id_missing: row(401, "Give the token an external_id."),
  external_id_invalid: row(
    401,
    "external_id is a well-formed string of 1 to 255 characters, not beginning with hc:.",
  ),
  email_conflict: row(
    409,
    "The verified email belongs to another user: leave it out of the token or free it.",
  ),
  conversation_locked: row(423, "The conversation is full: begin a new one."),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** What a refused caller gets: in an acknowledgement, as `connect_error` data, or in an HTTP body. */
export interface WireError {
  code: ErrorCode
  message: string
  retryable: boolean
  retryAfterMs?: number
}

/** A refusal on its way to the caller: thrown by the rules, the flows or the edge, and answered by the edge. */
export class HubError extends Error {
  override readonly name = "HubError"
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  /** @param detail what exactly was wrong, before the table's advice; never holds a secret or a token */
  constructor(code: ErrorCode, detail?: string, retryAfterMs?: number) {
    super(detail === undefined ? ERRORS[code].advice : `${detail} ${ERRORS[code].advice}`)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

export function toWire(error: HubError): WireError {
  const wire: WireError = {
    code: error.code,
    message: error.message,
    retryable: ERRORS[error.code].retryable,
  }
  if (error.retryAfterMs !== undefined) wire.retryAfterMs = error.retryAfterMs
  return wire
}
