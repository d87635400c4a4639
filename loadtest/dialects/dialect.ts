/**
 * How a server is spoken to: the hub, the opponents, or another hub by an adapter of this shape (`--adapter FILE`,
 * whose module exports `dialect(options)`). Rooms and devices are numbers; the dialect makes people of them.
 */

import type { Client } from "../wire/namespace-socket.ts"

export interface Dialect {
  readonly namespace: string
  /** The event after which a device hears everything; `undefined`: from its connecting on. */
  readonly ready: string | undefined
  /** The handshake of a device in a room. */
  device(room: number, device: number): object
  /** The handshake of a visitor who shows nothing; `undefined`: there is no such thing. */
  visitor(number: number): object | undefined
  /** The array of a send's event and body, as JSON. */
  send(localId: string, text: string): string
  /** What only an event that delivers a message has in front of its text. */
  readonly delivery: string
  /** The beginning of the answer to a send that was accepted. */
  readonly accepted: string
  /** Where agents watch all rooms, if there is such a thing. */
  readonly console: Console | undefined
  /** How a device that was away catches up, if it can. */
  readonly comeback: Comeback | undefined
}

export interface Comeback {
  /** The handshake of a device that has heard everything up to `mark`. */
  device(room: number, device: number, mark: string): object
  /** Of the first event after the handshake: up to where the device has heard now. */
  markOf(ready: unknown): string
  /** What it missed, oldest first, and whether it was given everything anew instead. */
  missed(client: Client, ready: unknown): Promise<{ readonly events: string; readonly full: boolean }>
}

export interface Console {
  readonly namespace: string
  readonly ready: string | undefined
  agent(agent: number): object
}

/** Names a dialect to a generator, which is another process. */
export interface DialectName {
  readonly name: "hub" | "opponent" | { readonly adapter: string }
  readonly options: Readonly<Record<string, string>>
}
