/** The status of the connection, and the events for the host. Each state has only the fields that mean something in it. */
import type { ClientError } from "./client-error.ts"
import type { Author, FoldedPair, Message, Outcome, User } from "./client-model.ts"
import type { ClientView } from "./view-model.ts"

/**
 * Times are Unix milliseconds. `renewing`: the client is getting a token by itself, from the host or from another tab;
 * only when it is false the user has to sign in.
 */
export type Status =
  /** `connect()` was not called, or `disconnect()` was. */
  | { readonly state: "offline" }
  | { readonly state: "connecting"; readonly attempt: number }
  /** The last attempt failed; the next one begins by itself. */
  | {
      readonly state: "waiting"
      readonly attempt: number
      readonly retryAt: number
      readonly error: ClientError
    }
  | { readonly state: "live" }
  /** Connected, but events are missing in the view until `sync` has brought them. */
  | { readonly state: "stale"; readonly since: number }
  /** Connected, but the token has expired: nothing is received or sent until the next login. */
  | { readonly state: "expired"; readonly renewing: boolean }
  /** Another tab signed this visitor in; this one needs a token for it. */
  | { readonly state: "parked"; readonly reason: "session_moved"; readonly renewing: boolean }
  /** The key was deleted, or the user logged out everywhere: `login` or `logout` goes on. */
  | {
      readonly state: "revoked"
      readonly reason: "key_deleted" | "logout"
      readonly renewing: boolean
    }
  /** The hub refuses this client as it is: `login`, `logout` or `connect` tries again. */
  | { readonly state: "refused"; readonly error: ClientError }
  /** `close()` was called: for good. */
  | { readonly state: "closed" }

export type AuthEvent =
  | {
      readonly type: "login"
      /** Who brought the token: a call of `login`, the client's own renewal, another tab, or the help centre's cookie. */
      readonly via: "login" | "renewal" | "tab" | "helpCenter"
      readonly outcome: Outcome
      readonly expiresAt: number
      readonly user: User
    }
  /** Here, or in another tab. */
  | { readonly type: "logout" }
  | { readonly type: "expiring"; readonly expiresAt: number }
  | { readonly type: "expired" }
  /** A token is needed, and neither the host nor another tab has one: the moment to ask for a sign-in. */
  | {
      readonly type: "required"
      readonly reason: "session_moved" | "token_expired" | "key_deleted" | "not_signed_in"
    }
  | { readonly type: "revoked"; readonly reason: "key_deleted" | "logout" }
  /** `getToken` failed, or the hub refused what it gave. */
  | { readonly type: "token_failed"; readonly error: ClientError }

/**
 * After a long absence the hub gives the latest state instead of everything that was missed. Messages of that state
 * that are new come as `message`; where there may be more of them, this says so.
 */
export interface Gap {
  /** Absent: in conversations that are not in the view. */
  readonly conversationId?: string | undefined
  /** Position of the last message that was known. */
  readonly after?: string | undefined
}

export interface MergeEvent {
  readonly reason: "sdkLogin" | "helpCenter" | "api"
  readonly surviving: User
  readonly discarded: { readonly id: string }
  readonly conversations: readonly FoldedPair[]
}

export interface ClientEvents {
  view: ClientView
  /** A message that was stored just now, one's own too; each once. */
  message: Message
  gap: Gap
  /** This user and another one were merged. */
  merge: MergeEvent
  status: Status
  auth: AuthEvent
  typing: { readonly conversationId: string; readonly author: Author; readonly active: boolean }
  presence: { readonly agentsOnline: boolean }
  /** Errors outside of the host's calls: a refused connection, a storage that does not store. */
  error: ClientError
}
