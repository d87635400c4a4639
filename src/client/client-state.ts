/**
 * The state of connection and identity, and what can be read from it. Everything that happens is an input of
 * `reduce.ts`; the state has only what the next decision needs.
 */
import { ClientError } from "./client-error.ts"
import { closed, notConnected } from "./client-errors.ts"
import type { Status } from "./client-status.ts"
import type { Owner } from "./draft-owner.ts"
import { NO_SESSION, type SessionRecord } from "./session-record.ts"

/** A login that was just asked for, or the host of the login that holds. */
export interface HostSource {
  readonly via: "login" | "renewal"
  readonly id: number
}

/** Another tab. `since`: when it signed in, Unix milliseconds. */
export interface SharedSource {
  readonly via: "tab"
  readonly jwt: string
  readonly since: number
  readonly generation: string
}

/** Where a token comes from. */
export type Source = HostSource | SharedSource

export interface Signed {
  readonly source: Source
  readonly jwt: string
}

/** On an open connection: may commands be sent? It is what the status says, unless events are missing. */
export type SessionState = Extract<Status, { readonly state: "live" | "expired" | "parked" | "revoked" }>

export type Phase =
  | { readonly at: "idle" }
  | { readonly at: "closed" }
  /** The record of the storage is being read; `proof` is what was found out before. */
  | { readonly at: "reading"; readonly proof: Signed | "none" | undefined }
  /** Other tabs are asked for a token. */
  | { readonly at: "asking" }
  /** A token is being fetched before the handshake. */
  | { readonly at: "proving"; readonly source: Source }
  | { readonly at: "opening"; readonly sessionToken: string | undefined; readonly signed: Signed | undefined }
  | { readonly at: "open"; readonly session: SessionState }
  | { readonly at: "waiting"; readonly retryAt: number; readonly error: ClientError }
  | { readonly at: "refused"; readonly error: ClientError }

/** An attempt to sign in on an open connection. */
export interface Effort {
  /** Answers to an earlier one are ignored. */
  readonly no: number
  readonly source: Source
  readonly attempt: number
  readonly since: number
  readonly step: "fetching" | "presenting" | "pausing"
}

export interface ClientState {
  readonly phase: Phase
  readonly loaded: boolean
  /** There are no other tabs to ask. */
  readonly alone: boolean
  /** Whether the help centre's cookie is asked for; not again once the hub found none, or the user signed out here. */
  readonly helpCenter: boolean
  /** How long a login may be refused for a moment, in milliseconds. */
  readonly patienceMs: number
  /** `connect` was called, and not `disconnect` since. */
  readonly wanted: boolean
  /** Another number: another attempt to connect; what belongs to an earlier one is over. */
  readonly run: number
  /** Failures in a row. */
  readonly attempt: number
  /** The hub shuts down and said when to come back. */
  readonly drainMs: number
  readonly record: SessionRecord
  readonly owner?: Owner | undefined
  /** The external id of the token that was accepted last. */
  readonly claimed?: string | undefined
  /** The user whom the host's last token names, before the hub has judged it: their own drafts may be shown to them. */
  readonly expected?: string | undefined
  /** Another number: another user. Answers to requests of the user before are ignored. */
  readonly accountNo: number
  /** Another number: another state was applied. */
  readonly stateNo: number
  /** Another tab ended what this one knew: it signs in like that tab, or says that it cannot. */
  readonly following: boolean
  readonly asked?: HostSource | undefined
  readonly own?: HostSource | undefined
  readonly shared?: SharedSource | undefined
  /** When the host said that no user is signed in: logins of other tabs before it do not count here. */
  readonly declinedAt?: number | undefined
  /** The token of the present login, for other tabs. */
  readonly token?: { readonly jwt: string; readonly expiresAt: number; readonly since: number } | undefined
  readonly fetching?: { readonly no: number; readonly source: Source } | undefined
  /** Fetched, and not presented yet. */
  readonly fetched?: (Signed & { readonly at: number }) | undefined
  readonly effort?: Effort | undefined
  readonly counter: number
  /** Logins and logouts that were sent and not answered: a command sent after them would be the next user's. */
  readonly busy: number
  /** Logouts among them. */
  readonly leaving: number
  readonly staleSince?: number | undefined
  /** When the hub parked this tab. */
  readonly parkedAt?: number | undefined
}

export const initial = (settings: {
  readonly alone: boolean
  readonly helpCenter: boolean
  readonly patienceMs: number
}): ClientState => ({
  phase: { at: "idle" },
  loaded: false,
  ...settings,
  wanted: false,
  run: 0,
  attempt: 0,
  drainMs: 0,
  record: NO_SESSION,
  accountNo: 0,
  stateNo: 0,
  following: false,
  counter: 0,
  busy: 0,
  leaving: 0,
})

export const sourceOf = ({ asked, own, shared }: ClientState): Source | undefined => asked ?? own ?? shared

/** Of an open connection. */
export const sessionOf = ({ phase }: ClientState): SessionState | undefined =>
  phase.at === "open" ? phase.session : undefined

export const isSignedIn = ({ owner }: ClientState): boolean => owner?.externalId !== undefined

export const sameSource = (a: Source | undefined, b: Source | undefined): boolean =>
  a !== undefined && b !== undefined && nameOf(a) === nameOf(b)

const nameOf = (source: Source): string | number => (source.via === "tab" ? source.jwt : source.id)

/** Commands of this user may go over the connection. */
export const isUsable = (state: ClientState): boolean =>
  sessionOf(state)?.state === "live" && state.busy === 0 && state.owner !== undefined

/** Why a request cannot be answered, if waiting a moment does not help. */
export function obstacle({ phase, attempt }: ClientState): ClientError | undefined {
  switch (phase.at) {
    case "closed":
      return closed()
    case "idle":
      return notConnected()
    case "refused":
      return phase.error
    case "open":
      return obstacleOf(phase.session)
    default:
      return attempt > 1 ? notConnected() : undefined
  }
}

/** What the hub would answer. */
const OBSTACLES = { expired: "token_expired", parked: "session_consumed", revoked: "token_revoked" } as const

const obstacleOf = (session: SessionState): ClientError | undefined =>
  session.state === "live" || session.renewing
    ? undefined
    : new ClientError(OBSTACLES[session.state], undefined, session.state === "expired")

export function statusOf({ phase, attempt, staleSince }: ClientState): Status {
  switch (phase.at) {
    case "idle":
      return { state: "offline" }
    case "closed":
      return { state: "closed" }
    case "waiting":
      return { state: "waiting", attempt, retryAt: phase.retryAt, error: phase.error }
    case "refused":
      return { state: "refused", error: phase.error }
    case "open":
      return phase.session.state === "live" && staleSince !== undefined
        ? { state: "stale", since: staleSince }
        : phase.session
    default:
      return { state: "connecting", attempt }
  }
}
