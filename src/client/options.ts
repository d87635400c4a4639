/** Every option of the client: what it is, why, and its default. */
import type { Socket } from "socket.io-client"
import { type Clock, systemClock } from "../lib/clock.ts"
import type { MessagingAuth } from "../protocol/handshake.ts"
import type { Channel } from "../protocol/model.ts"
import { defaultStorage, type Storage } from "./storage.ts"
import type { OpenTabChannel } from "./tabs.ts"

export interface ClientOptions {
  /** The hub, without the namespace: `https://chat.example.com`. */
  readonly url: string
  readonly appId: string
  readonly channel: Channel
  /** Where drafts and the anonymous session survive a reload. Default: `localStorage`, or memory where there is none. */
  readonly storage?: Storage
  /** Names this installation. Default: made once and kept in the storage. */
  readonly deviceId?: string
  /** Device facts for agents, flat, at most 4 KB. */
  readonly info?: NonNullable<MessagingAuth["info"]>
  /** Sign in from the help-centre cookie (docs/protocol.md 7). Default: false. */
  readonly helpCenter?: boolean
  /**
   * Sends that may be unanswered at once. Default 1, which keeps the order of what was typed whatever the hub refuses
   * on the way; above it, a message refused for a moment may be overtaken by those sent with it.
   */
  readonly window?: number
  /** How long a command may stay unanswered, in milliseconds, before it is repeated. Default 10,000. */
  readonly timeoutMs?: number
  /** How long a request other than `send` may take with all its repeats, in milliseconds. Default 20,000. */
  readonly patienceMs?: number
  /** News of a login from tab to tab. Default: `BroadcastChannel` in browsers, nothing elsewhere; `false`: never. */
  readonly tabs?: OpenTabChannel | false
  /** Makes the socket of one attempt: not yet connected, never reconnecting by itself. For tests and proxies. */
  readonly socketFactory?: SocketFactory
  /** For tests. */
  readonly clock?: Clock
  /** From 0 up to, but not including, 1. For tests. */
  readonly random?: () => number
}

export type SocketFactory = (url: string, auth: MessagingAuth) => Socket

/** The options with their defaults, but for what has none. */
export const settled = (options: ClientOptions) => ({
  clock: systemClock,
  random: Math.random,
  window: 1,
  timeoutMs: 10_000,
  patienceMs: 20_000,
  ...options,
  storage: options.storage ?? defaultStorage(),
})
export type Settings = ReturnType<typeof settled>
