/** The open sessions of a node, and the effects of control logs on them (docs/protocol.md 4.4). */
import type { App } from "../../app/app.ts"
import type { Control } from "../../app/app-registry.ts"
import { SmallSet } from "../../lib/small-set.ts"
import { isProven } from "../auth/socket-identity.ts"
import type { Rooms } from "../delivery/user-rooms.ts"
import { Registry } from "../socket/registry.ts"
import type { MessagingSocket } from "./socket-transport.ts"
import type { Session } from "./user-session.ts"

export class SessionRegistry extends Registry<Session, MessagingSocket> {
  /** By device, so that a logout of one device does not go through all sessions. */
  readonly #devices = new Map<string, SmallSet<Session>>()

  override add(session: Session, socket: MessagingSocket): void {
    super.add(session, socket)
    const name = deviceName(session.app, session.device.id)
    const sessions = this.#devices.get(name) ?? new SmallSet()
    sessions.add(session)
    this.#devices.set(name, sessions)
  }

  override remove(session: Session): void {
    super.remove(session)
    const name = deviceName(session.app, session.device.id)
    const sessions = this.#devices.get(name)
    if (sessions?.delete(session) && sessions.size === 0) this.#devices.delete(name)
  }

  /** Tells devices that the first agent of the app has connected, or the last one has gone. */
  sendPresence(appId: string): void {
    for (const session of this.of(appId)) session.sendPresence()
  }

  applyControl(app: App, control: Control, rooms: Rooms): void {
    switch (control.kind) {
      case "app":
        for (const session of this.of(app.id)) dropDeletedKey(session)
        return
      case "recheck":
        for (const session of this.of(app.id)) {
          dropDeletedKey(session)
          session.recheck()
        }
        return
      case "revoked":
        rooms.revokeBefore(app, control.userId, control.tokensAfter, control.by)
        return
      case "gone":
        for (const session of this.of(app.id)) void this.endAnswered(session)
        return
      case "logout":
        for (const session of [...(this.#devices.get(deviceName(app, control.deviceId)) ?? [])]) {
          const { identity } = session
          if (session.app !== app || session.transport.id === control.by) continue
          if (identity.kind !== "identified" || identity.userId !== control.userId) continue
          // A session that signed in after this logout is not meant.
          if (control.no > identity.logoutNo) session.revoke("logout")
        }
    }
  }
}

const deviceName = ({ id }: App, deviceId: string): string => `${id} ${deviceId}`

function dropDeletedKey(session: Session): void {
  const { identity, app } = session
  if (isProven(identity) && !app.key(identity.kid)) session.revoke("key_deleted")
}
