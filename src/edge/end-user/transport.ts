import type { UserId } from "../../protocol/branded.ts"
import type { FeedEvent, SignalType } from "../../protocol/events.ts"
import type { State } from "../../protocol/handshake.ts"
import type { SentToClient } from "../../protocol/socket-events.ts"
import type { AddressQuota } from "../socket/address-quotas.ts"

/** The socket as the session uses it: what goes out, and the Socket.IO room it is in. */
export interface Transport {
  readonly id: string
  /** The limits of the address it comes from. */
  readonly address: AddressQuota
  ready(state: State): void
  event(event: FeedEvent): void
  signal<S extends SignalType>(signal: S, data: SentToClient[S]): void
  /** Whether it is in a room now. */
  readonly inRoom: boolean
  /** Joins this room, or none, and leaves the one before. Only events of this user may reach the socket then [P4]. */
  joinRoom(
    room:
      | { readonly name: string; readonly userId: UserId; readonly expiresAt: number | undefined }
      | undefined,
  ): void
}
