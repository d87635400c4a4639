/**
 * The state of connection and identity, and what can be read from it. Everything that happens is an input of
 * `reduce.ts`; the state has only what the next decision needs.
 */
import { ClientError } from "./client-error.ts"
import type { Status } from "./client-status.ts"
import type { Owner } from "./draft-owner.ts"
import { closed, notConnected } from "./error-makers.ts"
import { NO_SESSION, type SessionRecord } from "./session-record.ts"

/** The host's `getToken`, asked for a login that is not decided yet, or to renew the token of the login that holds. */
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

/** Of an open connection: commands may be sent while it is `live`. While events are missing the host sees `stale`. */
export type SessionState = Extract<Status, { readonly state: "live" | "expired" | "parked" | "revoked" }>

export type Phase =
  | { readonly at: "idle" }
  | { readonly at: "closed" }
  /** The record of the storage is being read. `proof`: the token to connect with, or `none`; absent: not decided yet. */
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
  /** Counts the attempts to connect; what comes from an earlier one is ignored. */
  readonly run: number
  /** Failures in a row. */
  readonly attempt: number
  /** The hub shuts down and said when to come back. */
  readonly drainMs: number
  readonly record: SessionRecord
  readonly owner?: Owner | undefined
  /** The external id in the token that the hub accepted last. */
  readonly claimed?: string | undefined
  /** The user whom the host's last token names, before the hub has judged it: their own drafts may be shown to them. */
  readonly expected?: string | undefined
  /** Counts the users that this client had; answers to requests of an earlier one are ignored. */
  readonly accountNo: number
  /** Counts the states of the hub that replaced what was known. */
  readonly stateNo: number
  /** Another tab signed in as another user: this one has to get a token of the same user, or to say that it needs one. */
  readonly following: boolean
  /** The login that the host asked for, until it is decided. */
  readonly asked?: HostSource | undefined
  /** The host's login that holds: it is asked for the next token. */
  readonly own?: HostSource | undefined
  /** The login that another tab shared. */
  readonly shared?: SharedSource | undefined
  /** When the host said that no user is signed in: logins of other tabs before it do not count here. */
  readonly declinedAt?: number | undefined
  /** The token of the present login, for other tabs. */
  readonly token?: { readonly jwt: string; readonly since: number } | undefined
  readonly fetching?: { readonly no: number; readonly source: Source } | undefined
  /** Fetched, and not presented yet. */
  readonly fetched?: (Signed & { readonly at: number }) | undefined
  readonly effort?: Effort | undefined
  /** The last number that was given to an effort or to a fetched token. */
  readonly counter: number
  /** Logins and logouts that were sent and not answered: a command sent after them would be the next user's. */
  readonly busy: number
  /** How many of `busy` are logouts. */
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

/** The code with which the hub would refuse a command. */
const OBSTACLES = { expired: "token_expired", parked: "session_consumed", revoked: "token_revoked" } as const

const obstacleOf = (session: SessionState): ClientError | undefined =>
  session.state === "live" || session.renewing ? undefined : new ClientError(OBSTACLES[session.state])

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
