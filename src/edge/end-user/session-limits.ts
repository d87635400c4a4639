/**
 * A socket among the others of its user: their commands are counted together, and when there are too many sockets, the
 * one that has been quiet for longest is closed.
 */

import type { App } from "../../app/app.ts"
import type { UserId } from "../../protocol/branded.ts"
import type { CommandName } from "../../protocol/commands.ts"
import { HubError } from "../../protocol/errors.ts"
import type { MessagingAuth } from "../../protocol/handshake.ts"
import { RATED, type RateTable, rateTable } from "../../protocol/rate-limits.ts"
import type { GuardedConnection } from "../socket/guarded-connection.ts"
import type { RateLimiter } from "../socket/rate-limiter.ts"
import type { Counted, UserQuota, UserQuotas } from "../socket/user-quotas.ts"
import type { MessagingSocket } from "./socket-transport.ts"
import type { Session } from "./user-session.ts"

export interface SessionLimitsParts {
  readonly quotas: UserQuotas
  readonly limiter: RateLimiter
}

/** A displaced socket does not reconnect by itself before this time. */
const DISPLACED_MS = 60_000

export class SessionLimits implements Counted {
  readonly #session: Session
  readonly #socket: MessagingSocket
  readonly #connection: GuardedConnection
  readonly #parts: SessionLimitsParts
  #quota: UserQuota | undefined
  /** What the quota was taken for. */
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

  /** Takes a seat with the session's present user, and leaves the one before. */
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
    // Each logout makes another user, so those who sign in and out are counted by their socket.
    const asker = ofSession ? this.#socket.id : identity.userId
    this.#parts.limiter.demand({ app, asker, address: this.#connection.address }, ...RATED[command], bytes)
    if (!ofSession && identity.kind === "anonymous") demandVisitors(app)
  }

  /**
   * An anonymous visitor may have only so many conversations, because each of them is kept for ever.
   *
   * @throws HubError `forbidden`
   */
  async demandConversation(): Promise<void> {
    const { app, identity } = this.#session
    const quota = this.#quota
    if (identity.kind !== "anonymous" || !quota) return
    const { conversations: most } = rateTable(app.settings)
    // Counted here, and read again before a refusal: a repeated command makes no second conversation.
    let made = quota.conversations ?? most
    if (made >= most) made = await conversationsOf(app, identity.userId, most)
    quota.conversations = made + 1
    if (made >= most) throw new HubError("forbidden", `A visitor has ${most} conversations at most.`)
  }

  leave(): void {
    this.#quota?.sockets.delete(this)
    this.#quota = undefined
  }

  /** The socket is closed, not the connection: a stock client does not come back to push out the next one. */
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
