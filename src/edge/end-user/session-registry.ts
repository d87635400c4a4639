/** The living sessions of a node, and what control logs tell it to do with them (docs/protocol.md 4.4). */
import type { App } from "../../app/app.ts"
import type { Control } from "../../app/app-registry.ts"
import { isRevoked } from "../../domain/identity.ts"
import { isProven } from "../auth/socket-identity.ts"
import type { MessagingSocket } from "./socket-transport.ts"
import type { Session } from "./user-session.ts"

/** How far the clocks of a node and of the store may be apart where a logout and a later login are told apart. */
const CLOCK_SKEW_MS = 10_000

export class SessionRegistry {
  readonly #sockets = new Map<Session, MessagingSocket>()

  add(session: Session, socket: MessagingSocket): void {
    this.#sockets.set(session, socket)
  }

  remove(session: Session): void {
    this.#sockets.delete(session)
  }

  get count(): number {
    return this.#sockets.size
  }

  socketOf(session: Session): MessagingSocket | undefined {
    return this.#sockets.get(session)
  }

  all(): readonly (readonly [Session, MessagingSocket])[] {
    return [...this.#sockets]
  }

  /** The first agent of the app has come, or the last one has gone. */
  sendPresence(appId: string): void {
    for (const session of this.#sockets.keys()) if (session.app.id === appId) session.sendPresence()
  }

  /** Resolves when nothing that was begun is still running. */
  async idle(): Promise<void> {
    await Promise.all([...this.#sockets.keys()].map((session) => session.run(async () => undefined)))
  }

  applyControl(app: App, control: Control): void {
    const mine = [...this.#sockets.keys()].filter((session) => session.app === app)
    switch (control.kind) {
      case "app":
        for (const session of mine) dropDeletedKey(session)
        return
      case "recheck":
        for (const session of mine) {
          dropDeletedKey(session)
          session.recheck()
        }
        return
      case "revoked":
        // Who asked for it is told by the answer.
        for (const session of mine)
          if (session.transport.id !== control.by) dropEarlier(session, control.userId, control.tokensAfter)
        return
      case "logout":
        for (const session of mine) {
          const same = session.identity.userId === control.userId && session.device.id === control.deviceId
          if (control.at !== undefined && session.since > control.at + CLOCK_SKEW_MS) continue
          if (same && session.transport.id !== control.by) session.logOut(control.freshUserId)
        }
    }
  }
}

function dropDeletedKey(session: Session): void {
  const { identity, app } = session
  if (isProven(identity) && !app.key(identity.kid)) session.revoke("key_deleted")
}

function dropEarlier(session: Session, userId: string, tokensAfter: number): void {
  const { identity } = session
  if (isProven(identity) && identity.userId === userId && isRevoked({ tokensAfter }, identity.issuedAt))
    session.revoke("logout")
}
