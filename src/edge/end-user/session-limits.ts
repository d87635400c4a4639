/**
 * The limits of a socket, which it shares with the other sockets of its user: their commands are counted together, and of too
 * many sockets the one that has been quiet for longest is closed.
 */

import type { App } from "../../app/app.ts"
import type { UserId } from "../../protocol/branded.ts"
import { RATED, type RateTable, rateTable } from "../../protocol/command-rates.ts"
import type { CommandName } from "../../protocol/commands.ts"
import { HubError } from "../../protocol/errors.ts"
import type { MessagingAuth } from "../../protocol/handshake.ts"
import type { GuardedConnection } from "../socket/guarded-connection.ts"
import type { RateLimiter } from "../socket/rate-limiter.ts"
import type { Counted, UserQuota, UserQuotas } from "../socket/user-quotas.ts"
import type { MessagingSocket } from "./socket-transport.ts"
import type { Session } from "./user-session.ts"

export interface SessionLimitsParts {
  readonly quotas: UserQuotas
  readonly limiter: RateLimiter
}

/** How long a displaced client is told to wait before it reconnects. */
const DISPLACED_MS = 60_000

export class SessionLimits implements Counted {
  readonly #session: Session
  readonly #socket: MessagingSocket
  readonly #connection: GuardedConnection
  readonly #parts: SessionLimitsParts
  #quota: UserQuota | undefined
  /** The user and the rates for which the quota was taken. */
  #userId: UserId | undefined
  #table: RateTable | undefined

  constructor(
    session: Session,
    socket: MessagingSocket,
    connection: GuardedConnection,
    parts: SessionLimitsParts,
  ) {
    this.#session = session
    this.#socket = socket
    this.#connection = connection
    this.#parts = parts
  }

  /** Counts this socket for the session's present user, and no longer for the one before. */
  take(): void {
    const { app, identity } = this.#session
    const table = rateTable(app.settings)
    const { quotas } = this.#parts
    const known = identity.userId === this.#userId && table === this.#table ? this.#quota : undefined
    const quota = known ?? quotas.of(app.id, identity.userId, table)
    if (!known) {
      if (quota !== this.#quota) this.leave()
      this.#quota = quota
      this.#userId = identity.userId
      this.#table = table
      this.#connection.serve(table.factor, quota.work)
    }
    quotas.touch(quota, this, table)
  }

  /** @throws HubError `rate_limited`, `forbidden` */
  demand(command: CommandName, bytes: number): void {
    const { app, identity, closed } = this.#session
    if (!closed) this.take()
    const ofSession = command === "login" || command === "logout"
    // Each logout makes another user, so logins and logouts are counted by socket.
    const asker = ofSession ? this.#socket.id : identity.userId
    this.#parts.limiter.demand({ app, asker, address: this.#connection.address }, ...RATED[command], bytes)
    if (!ofSession && identity.kind === "anonymous") demandVisitors(app)
  }

  /**
   * Limits how many conversations an anonymous visitor creates, because each of them is kept for ever.
   *
   * @throws HubError `forbidden`
   */
  async demandConversation(): Promise<void> {
    const { app, identity } = this.#session
    const quota = this.#quota
    if (identity.kind !== "anonymous" || !quota) return
    const { conversations: most } = rateTable(app.settings)
    // Counted in memory, and counted in the store before a refusal: a repeated command makes no second conversation.
    let made = quota.conversations ?? most
    if (made >= most) made = await conversationsOf(app, identity.userId, most)
    quota.conversations = made + 1
    if (made >= most) throw new HubError("forbidden", `A visitor has ${most} conversations at most.`)
  }

  leave(): void {
    this.#quota?.sockets.delete(this)
    this.#quota = undefined
  }

  /** Closes the socket, not the connection: so a stock client does not reconnect by itself and displace the next one. */
  displace(): void {
    this.#session.transport.signal("reconnect", { afterMs: DISPLACED_MS, reason: "too_many_sockets" })
    this.#socket.disconnect(true)
  }
}

/** @throws HubError `forbidden` in an app that has no anonymous visitors */
export function demandProof(app: App, { jwt, helpCenter }: MessagingAuth): void {
  if (jwt === undefined && !helpCenter) demandVisitors(app)
}

function demandVisitors({ settings }: App): void {
  if (settings.anonymous === "refuse")
    throw new HubError("forbidden", "This app has no anonymous visitors: sign in with a JWT.")
}

/** How many conversations a user has, counted up to `most`. */
async function conversationsOf(app: App, userId: UserId, most: number): Promise<number> {
  const known = await app.homePartition(userId)?.rank("conversations", userId, { limit: most })
  return known?.length ?? 0
}
