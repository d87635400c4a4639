/** What a session needs of its node. One object for all sockets, made by `createHub`. */
import type { App } from "../../app/app.ts"
import type { LastSeen } from "../../app/last-seen.ts"
import type { Clock } from "../../lib/clock.ts"
import type { Visit } from "../auth/help-center.ts"
import type { AnonymousSession } from "../auth/session-token.ts"
import type { UserClaims } from "../auth/token-verifier.ts"
import type { Rooms } from "../delivery/user-rooms.ts"
import type { Typing } from "../presence/typing.ts"
import type { ReadAdmission } from "./read-admission.ts"

export interface SessionDeps<Socket> {
  readonly clock: Clock
  readonly rooms: Rooms
  readonly typing: Typing
  readonly lastSeen: LastSeen
  readonly readAdmission: ReadAdmission
  /** @throws HubError with the code of what is wrong with the token */
  verifyUser(app: App, jwt: string): Promise<UserClaims>
  /** @throws HubError with the reason why the help centre's cookie signs no user in */
  verifyHelpCenter(app: App, visit: Visit): Promise<UserClaims>
  agentsOnline(appId: string): boolean
  sessionToken(appId: string, session: AnonymousSession): string
  /** Compares what a socket proved with the store again, and revokes its identity where the store says otherwise. */
  judge(socket: Socket): Promise<void>
  /** Closes the connection so that a stock client reconnects by itself. */
  cut(socket: Socket): void
}
