/** What can happen to the client, and what it can do about it: the inputs and effects of `reduce.ts`. */
import type { SignalData } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import type { ClientError } from "./client-error.ts"
import type { Answer } from "./client-socket.ts"
import type { Signed, Source } from "./client-state.ts"
import type { AuthEvent } from "./client-status.ts"
import type { Owner } from "./draft-owner.ts"
import type { SessionRecord } from "./session-record.ts"
import type { TabNews } from "./tab-channel.ts"
import type { LoginResult } from "./token-source.ts"

export type TimerName = "retry" | "effort" | "grace" | "ask"

export type Happening =
  // The host
  | { readonly type: "connect" | "disconnect" | "close" | "woke" }
  | { readonly type: "login" | "cancelLogin"; readonly id: number }
  | { readonly type: "logout"; readonly id: number; readonly everywhere: boolean }
  | { readonly type: "tokenFetched"; readonly no: number; readonly token: string | ClientError | undefined }
  // The storage and the other tabs
  | { readonly type: "loaded" }
  | { readonly type: "sessionRead"; readonly run: number; readonly record: SessionRecord }
  | { readonly type: "recordRead"; readonly record: SessionRecord }
  | { readonly type: "tabNews"; readonly news: TabNews }
  // The connection
  | { readonly type: "ready"; readonly run: number; readonly state: State }
  | { readonly type: "refused"; readonly run: number; readonly error: ClientError }
  | { readonly type: "lost"; readonly run: number; readonly error: ClientError }
  | { readonly type: "reconnect"; readonly data: SignalData["reconnect"] }
  | { readonly type: "expiring"; readonly data: SignalData["auth:expiring"] }
  | { readonly type: "expired" | "parked" }
  | { readonly type: "revoked"; readonly data: SignalData["auth:revoked"] }
  /** A command was refused because of the socket's identity. */
  | { readonly type: "unidentified"; readonly error: ClientError }
  | {
      readonly type: "loginAnswered"
      readonly run: number
      readonly no: number
      readonly signed: Signed
      readonly answer: Answer<{ readonly state: State } & LoginResult>
    }
  | {
      readonly type: "logoutAnswered"
      readonly run: number
      readonly id: number
      readonly everywhere: boolean
      readonly answer: Answer<{ readonly state: State }>
    }
  // Time, and the feed
  | { readonly type: "timer"; readonly name: TimerName }
  | { readonly type: "stale"; readonly stale: boolean }
  /** The connection is open and does not answer. */
  | { readonly type: "deaf" }

/** `at`: Unix milliseconds. `chance`: from 0 up to, but not including, 1. `tag`: random, never used before. */
export type Input = Happening & { readonly at: number; readonly chance: number; readonly tag: string }

export type Settled = LoginResult | ClientError | undefined

export type Effect =
  // The connection
  | {
      readonly do: "open"
      readonly run: number
      readonly sessionToken: string | undefined
      readonly jwt: string | undefined
      readonly helpCenter: boolean
    }
  /** Closes the connection, and gives up all that was under way on it. */
  | { readonly do: "end" }
  | { readonly do: "login"; readonly run: number; readonly no: number; readonly signed: Signed }
  | { readonly do: "logout"; readonly run: number; readonly id: number; readonly everywhere: boolean }
  /** Checks that the connection is alive: after a device has slept that is not known. */
  | { readonly do: "probe" }
  // The storage and the other tabs
  /** Takes the lock and reads; `unlock` gives it back. */
  | { readonly do: "readSession"; readonly run: number }
  | { readonly do: "unlock" }
  /** `inTurn`: as soon as no other tab is changing it. */
  | { readonly do: "readRecord"; readonly inTurn: boolean }
  /** Does nothing where the stored record is to be kept: see `mayReplace`. */
  | { readonly do: "writeRecord"; readonly record: SessionRecord }
  /** Takes this session out of the record, if it is still there. */
  | { readonly do: "dropSession"; readonly sessionToken: string; readonly consumed: boolean }
  | { readonly do: "share"; readonly news: TabNews }
  // The account
  | { readonly do: "fetchToken"; readonly no: number; readonly source: Source }
  | {
      readonly do: "introduce"
      readonly state: State
      readonly before: Owner | undefined
      readonly now: Owner
    }
  /** Removes all that this tab knows and has stored of the user; `all`: also what other tabs have stored. */
  | { readonly do: "forget"; readonly all: boolean }
  // The host
  /** All calls of `connect` are over. */
  | { readonly do: "connected"; readonly error?: ClientError }
  /** A call of `login` or `logout` is over. */
  | { readonly do: "settled"; readonly id: number; readonly result: Settled }
  | { readonly do: "tell"; readonly event: AuthEvent }
  | { readonly do: "complain"; readonly error: ClientError }
  /** This run of the client is over: its open promises are rejected. */
  | { readonly do: "abandon" }
  // Time
  | { readonly do: "startTimer"; readonly name: TimerName; readonly ms: number }
  | { readonly do: "stopTimer"; readonly name: TimerName }

/** A method for each kind of effect. Each part of the client has those that it performs. */
export type Performers = { readonly [Do in Effect["do"]]: (effect: Effect & { readonly do: Do }) => void }
