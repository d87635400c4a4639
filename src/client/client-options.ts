/** Every option of the client: what it is, why, and its default. */
import type { Socket } from "socket.io-client"
import type { Clock } from "../lib/clock.ts"
import type { Channel } from "./client-model.ts"
import type { Storage } from "./client-storage.ts"
import { deviceClock } from "./device-clock.ts"
import type { OpenTabChannel } from "./tab-channel.ts"
import type { TabLocks } from "./tab-locks.ts"

export interface ClientOptions {
  /** The hub: `https://chat.example.com`. A path is that of Socket.IO: `…/chat` connects to `…/chat/socket.io`. */
  readonly url: string
  readonly appId: string
  readonly channel: Channel
  /**
   * Where drafts and the anonymous session survive a reload. Default: `localStorage` in browsers, memory elsewhere and
   * where it is forbidden (then the event `error` says so).
   */
  readonly storage?: Storage
  /** Names this installation. Default: made once and kept in the storage. */
  readonly deviceId?: string
  /** Device facts for agents, flat, at most 4 KB. */
  readonly info?: Readonly<Record<string, string | number | boolean>>
  /** Sign in from the help-centre cookie (docs/protocol.md 7). Default: false. */
  readonly helpCenter?: boolean
  /**
   * Sends that may be unanswered at once. Default 16. With 1 the order of what was typed is kept whatever the hub
   * refuses on the way; above it, a message refused for a moment may be overtaken by those sent with it.
   */
  readonly window?: number
  /** How long a command may stay unanswered, in milliseconds, before it is repeated. Default 10,000. */
  readonly timeoutMs?: number
  /** How long a request other than `send` may take with all its repeats, in milliseconds. Default 20,000. */
  readonly patienceMs?: number
  /** News from tab to tab. Default: `BroadcastChannel` in browsers, nothing elsewhere; `false`: never. */
  readonly tabs?: OpenTabChannel | false
  /** So that one tab at a time makes the visitor's session. Default: `navigator.locks`, or a lock in the storage. */
  readonly locks?: TabLocks | false
  /** Makes the socket of one attempt: not yet connected, never reconnecting by itself. For tests and proxies. */
  readonly socketFactory?: SocketFactory
  /** For tests. */
  readonly clock?: Clock
  /** From 0 up to, but not including, 1. For tests. */
  readonly random?: () => number
}

export type SocketFactory = (url: string, auth: object) => Socket

/** The options with their defaults, where they have one. */
export const settled = (options: ClientOptions) => ({
  clock: deviceClock,
  random: Math.random,
  window: 16,
  timeoutMs: 10_000,
  patienceMs: 20_000,
  ...options,
})
export type Settings = ReturnType<typeof settled>
