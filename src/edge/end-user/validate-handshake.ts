/** The handshake of a device (docs/protocol.md 3.1): its fields are checked one by one, and its user is found. */
import type { App } from "../../app/app.ts"
import type { Apps } from "../../app/app-registry.ts"
import { freshVisitor, isStillAnonymous } from "../../app/logout.ts"
import type { Snapshot } from "../../app/snapshot.ts"
import type { Clock } from "../../lib/clock.ts"
import { randomToken } from "../../lib/ids.ts"
import { HubError } from "../../protocol/errors.ts"
import type { Outcome } from "../../protocol/handshake.ts"
import { type MessagingAuth, messagingAuth } from "../../protocol/handshake.ts"
import { channel } from "../../protocol/model.ts"
import { fieldRefused, refuseHostile } from "../../protocol/untrusted.ts"
import type { Visit } from "../auth/help-center.ts"
import { comesFromAllowed, type OriginHeaders } from "../auth/origins.ts"
import { newSession, type SessionTokens, shouldRenew } from "../auth/session-token.ts"
import type { SocketIdentity } from "../auth/socket-identity.ts"
import { signIn } from "./user-commands.ts"
import type { Session } from "./user-session.ts"

/** @throws HubError with the code of the first thing that is wrong */
export async function validateHandshake(
  apps: Apps,
  auth: unknown,
  headers: OriginHeaders,
): Promise<{ app: App; asked: MessagingAuth }> {
  const { app, fields } = await demandApp(apps, auth, headers)
  if (!channel.safeParse(Reflect.get(fields, "channel")).success) throw new HubError("channel_not_supported")
  demandWorkspace(app)
  const asked = messagingAuth.safeParse(fields)
  if (!asked.success) throw fieldRefused(asked.error)
  if (asked.data.jwt !== undefined && asked.data.helpCenter)
    throw new HubError("bad_request", "helpCenter: not together with jwt: send one of the two.")
  return { app, asked: asked.data }
}

/** Every handshake needs a version that the hub speaks, an existing app, and an origin that the app allows. */
export async function demandApp(
  apps: Apps,
  auth: unknown,
  headers: OriginHeaders,
): Promise<{ app: App; fields: object }> {
  if (typeof auth !== "object" || auth === null || Reflect.get(auth, "v") !== 1)
    throw new HubError("version_not_supported")
  refuseHostile(auth, "auth")
  const appId: unknown = Reflect.get(auth, "appId")
  const app = await apps.get(typeof appId === "string" ? appId : "")
  if (!comesFromAllowed(app.settings.allowedOrigins, headers)) throw new HubError("origin_not_allowed")
  return { app, fields: auth }
}

export function demandWorkspace(app: App): void {
  if (!app.settings.agentWorkspace) throw new HubError("agent_workspace_required")
}

/** The headers that a browser sets itself, so no page can forge them. */
export type Browser = Omit<Visit, "channel">

export interface VisitorParts {
  readonly sessions: SessionTokens
  readonly clock: Clock
}

/**
 * The identity with which a socket begins: a visitor's session that goes on, a new one, or none where there is only a token.
 *
 * @throws HubError `session_invalid`; `session_consumed` for a session that signed in or was merged, if no token
 * comes with it
 */
export async function visitorIdentity(
  app: App,
  { sessionToken, jwt, helpCenter }: MessagingAuth,
  { sessions, clock }: VisitorParts,
): Promise<SocketIdentity> {
  const now = clock.now()
  const proof = jwt !== undefined || helpCenter
  if (sessionToken === undefined) {
    if (proof) return { kind: "parked", userId: "" }
    return { kind: "anonymous", ...newSession(freshVisitor(app, randomToken(9)), now) }
  }
  const known = await sessions.verify(sessionToken, { appId: app.id, now })
  const { userId } = known
  const consumed = !(await isStillAnonymous(app, userId))
  if (consumed && !proof) throw new HubError("session_consumed")
  if (consumed) return { kind: "parked", userId }
  return { kind: "anonymous", ...(shouldRenew(known, now) ? newSession(userId, now) : known) }
}

/**
 * Enters the user's room. A token in the handshake signs in before the first state is read; a bad one refuses the
 * connection.
 */
export async function openSession(
  session: Session,
  { jwt, helpCenter, cursor, sessionToken }: MessagingAuth,
  browser: Browser,
): Promise<Snapshot & { readonly outcome?: Outcome }> {
  const { app, device, deps } = session
  if (jwt !== undefined) return signIn(session, await deps.verifyUser(app, jwt), "sdkLogin", cursor)
  if (!helpCenter)
    return session.enter(session.identity.userId, { cursor, fresh: sessionToken === undefined })
  const claims = await deps.verifyHelpCenter(app, { channel: device.channel, ...browser })
  return signIn(session, claims, "helpCenter", cursor)
}
