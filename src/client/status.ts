/** Where the connection stands, and what a host can listen to. Each state has only the fields that mean something in it. */
import type { SignalData } from "../protocol/events.ts"
import type { Outcome } from "../protocol/handshake.ts"
import type { Message, User } from "../protocol/model.ts"
import type { ClientError } from "./errors.ts"
import type { ClientView } from "./picture.ts"

/** Times are Unix milliseconds. */
export type Status =
  /** `connect()` was not called, or the client was closed. */
  | { readonly state: "offline" }
  | { readonly state: "connecting"; readonly attempt: number }
  /** The last attempt failed; the next one begins by itself. */
  | {
      readonly state: "waiting"
      readonly attempt: number
      readonly retryAt: number
      readonly error?: ClientError
    }
  | { readonly state: "live" }
  /** Connected, but events are missing in the view until `sync` has brought them. */
  | { readonly state: "stale"; readonly since: number }
  /** Connected, but the token's time is over: nothing comes and nothing goes until the next login. */
  | { readonly state: "expired" }
  /** Another tab signed this visitor in; this one needs a token for it. */
  | { readonly state: "parked"; readonly reason: "session_moved" }
  /** The key was deleted, or the person logged out everywhere: `login` or `logout` goes on. */
  | { readonly state: "revoked"; readonly reason: "key_deleted" | "logout" }
  /** The hub will not let this client in as it is: `login`, `logout` or `connect` tries again. */
  | { readonly state: "refused"; readonly error: ClientError }

export type AuthEvent =
  | { readonly type: "login"; readonly outcome: Outcome; readonly expiresAt: number; readonly user: User }
  | { readonly type: "logout" }
  | { readonly type: "expiring"; readonly expiresAt: number }
  | { readonly type: "expired" }
  /** A token is needed and the client has no way to get one: call `login`. */
  | { readonly type: "required"; readonly reason: "session_moved" | "token_expired" }
  | { readonly type: "revoked"; readonly reason: "key_deleted" | "logout" }
  /** `getToken` failed, or the hub refused what it gave. */
  | { readonly type: "token_failed"; readonly error: ClientError }

export interface ClientEvents {
  view: ClientView
  /** A message that was stored just now, one's own too; each once. */
  message: Message
  status: Status
  auth: AuthEvent
  typing: SignalData["typing"]
  presence: SignalData["presence"]
  /** Nothing that a call of the host could report: a refused connection, a storage that does not store. */
  error: ClientError
}
