/** The commands of an end user's socket: those about the session here, those about the history in `app/dispatch.ts`. */
import { type Actor, endUser } from "../../app/actor.ts"
import { dispatch, type HistoryCommand, isHistoryCommand, validated } from "../../app/dispatch.ts"
import { login as loginUser } from "../../app/login.ts"
import { endSession, freshVisitor, revokeEverywhere, signOutDevice } from "../../app/logout.ts"
import type { Proof } from "../../app/presenter.ts"
import type { SendTurn } from "../../app/send-message.ts"
import type { Snapshot } from "../../app/snapshot.ts"
import { isRevoked, lastLogout } from "../../domain/identity.ts"
import type { UserId } from "../../protocol/branded.ts"
import type { Body, CommandName, Result } from "../../protocol/commands.ts"
import { HubError } from "../../protocol/errors.ts"
import type { MergeReason } from "../../protocol/events.ts"
import type { Outcome } from "../../protocol/handshake.ts"
import { presenterOf } from "../auth/socket-identity.ts"
import type { UserClaims } from "../auth/token-verifier.ts"
import type { CommandAnswer } from "../socket/packets.ts"
import { eventsMissed } from "./events-missed.ts"
import type { Session } from "./user-session.ts"

type Answer<C extends CommandName> = CommandAnswer<Result<C>>

type Command<C extends CommandName> = (session: Session, body: Body<C>, turn?: SendTurn) => Promise<Answer<C>>

const history =
  <C extends HistoryCommand>(name: C): Command<C> =>
  async (session, body) => {
    const { app, deps, identity } = session
    const run = () => dispatch(name, app, actorOf(session), body, app.now())
    return { result: READING.has(name) ? await deps.readAdmission.read(session, identity, run) : await run() }
  }

/** Commands that may read much: they wait for credit (`read-admission.ts`), and are charged afterwards by what they read. */
const READING: ReadonlySet<HistoryCommand> = new Set(["message:list", "conversation:list"])

/** Stores a message. It also ends the author's typing signal. */
async function send(
  session: Session,
  body: Body<"message:send">,
  turn?: SendTurn,
): Promise<Answer<"message:send">> {
  const { app, deps, transport } = session
  const now = app.now()
  session.activity.writes(session.room, now)
  const result = await dispatch("message:send", app, actorOf(session), body, now, turn)
  deps.typing.sent(transport.id, result.message.conversationId)
  // A conversation that was folded meanwhile may have been typed in under its former id.
  if (body.conversationId !== undefined) deps.typing.sent(transport.id, body.conversationId)
  return { result }
}

const typing =
  (active: boolean): Command<"typing:start" | "typing:stop"> =>
  async (session, { conversationId }) => {
    const { app, deps, transport } = session
    const { userId } = session.identity
    const present = (): boolean => transport.inRoom && session.identity.userId === userId
    await deps.typing.change(app, actorOf(session), { id: transport.id, present }, conversationId, active)
    return { result: {} }
  }

function actorOf({ app, identity, device }: Session): Actor {
  const { id: deviceId, channel } = device
  const { externalId, issuedAt, logoutNo } = identity.kind === "identified" ? identity : VISITOR
  const user = { userId: identity.userId, externalId, issuedAt, logoutNo, deviceId, channel }
  return endUser(app, user, app.now())
}

const VISITOR = { externalId: undefined, issuedAt: undefined, logoutNo: undefined }

/** Commands about the session itself, or about signals that are not stored. */
const SESSION_HANDLERS: {
  readonly [C in Exclude<CommandName, HistoryCommand> | "message:send"]: Command<C>
} = {
  "message:send": send,
  login,
  logout,
  sync,
  "typing:start": typing(true),
  "typing:stop": typing(false),
}

function handlerOf<C extends CommandName>(name: C): Command<C> {
  const own: unknown = Reflect.get(SESSION_HANDLERS, name)
  const handler = own ?? (isHistoryCommand(name) ? history(name) : undefined)
  // The boundary: both tables are typed by the names of their commands, and each command is in one of them.
  return handler as Command<C>
}

/** @throws HubError for the session's own state before the body is checked: a session that may not act learns nothing else */
export async function perform<C extends CommandName>(
  session: Session,
  name: C,
  input: unknown,
  turn?: SendTurn,
): Promise<Answer<C>> {
  session.checkClock()
  if (name === "login" || name === "logout") return handlerOf(name)(session, validated(name, input), turn)
  session.demandActive()
  const body = validated(name, input)
  try {
    return await handlerOf(name)(session, body, turn)
  } catch (error) {
    // [P4] What the socket had proven, or the visitor's session, is over by what the store says: it hears nothing more.
    const code = error instanceof HubError ? error.code : undefined
    if (code === "token_expired") session.expire()
    if (code === "token_revoked") session.revoke("logout")
    if (code === "session_consumed") session.park()
    throw error
  }
}

async function login(session: Session, { jwt }: Body<"login">): Promise<Answer<"login">> {
  const claims = await session.deps.verifyUser(session.app, jwt)
  const { outcome, situation, offset } = await signIn(session, claims, "sdkLogin")
  const state = session.state("login", situation, outcome)
  return {
    result: { outcome, expiresAt: claims.expiresAt, state },
    afterwards: () => session.release(offset),
  }
}

/**
 * Signs in the socket that presented the token [4.2]. A refusal leaves everything as it was. If the store fails after the login
 * was stored, a session that is signed in as this user already keeps its identity, and any other is parked or ended: a
 * repeated login signs it in.
 */
export async function signIn(
  session: Session,
  claims: UserClaims,
  reason: MergeReason,
  cursor?: string,
): Promise<Snapshot & { readonly outcome: Outcome }> {
  let unfollow = (): void => undefined
  // The survivor's feed is followed while the merge is decided, so that the session need not wait for it afterwards.
  const onSurvivor = (userId: UserId): void => {
    unfollow()
    unfollow = session.deps.rooms.followAhead(session.app, userId)
  }
  try {
    return await signInAs(session, claims, reason, cursor, onSurvivor)
  } finally {
    unfollow()
  }
}

async function signInAs(
  session: Session,
  claims: UserClaims,
  reason: MergeReason,
  cursor: string | undefined,
  onSurvivor: (userId: UserId) => void,
): Promise<Snapshot & { readonly outcome: Outcome }> {
  const { app } = session
  const { kid, issuedAt, expiresAt, externalId, name, email, emailVerified } = claims
  const before = session.identity
  const proof: Proof = { claims: { externalId, name, email, emailVerified }, issuedAt, reason }
  const { outcome, known, forwarded } = await session.changing(async () => {
    const presenter = presenterOf(session.identity)
    const { outcome, person, forwarded } = await loginUser(app, presenter, proof, app.now(), onSurvivor)
    const userId = person.record.id
    // The key may have been deleted, or tokens revoked, during the login: the control log said so before this session had
    // the user [4.4].
    if (!app.key(kid)) throw new HubError("kid_unknown")
    if (isRevoked(person.record, issuedAt)) throw new HubError("token_revoked")
    const logoutNo = lastLogout(person.record)
    if (outcome === "switched") session.leaveUser()
    session.setIdentity({ kind: "identified", userId, externalId, kid, issuedAt, expiresAt, logoutNo })
    return { outcome, known: person.record, forwarded }
  })
  const userId = known.id
  try {
    const read = await session.enter(userId, { cursor, known })
    await forwarded
    return { ...read, outcome }
  } catch (error) {
    const stays = before.kind === "identified" && before.userId === userId && session.transport.inRoom
    if (session.identity.kind === "identified" && !stays) {
      session.leaveRoom()
      const ended = before.kind === "expired" || before.kind === "revoked"
      const visitor = before.kind === "anonymous" || before.kind === "parked" ? before.userId : userId
      session.setIdentity(ended ? before : { kind: "parked", userId: visitor })
    }
    throw error
  }
}

/** Stores the logout before the socket changes, so that it counts even if the page is closed before the answer. */
async function logout(session: Session, { everywhere = false }: Body<"logout">): Promise<Answer<"logout">> {
  if (everywhere && session.identity.kind === "expired") throw new HubError("token_expired")
  if (everywhere && session.identity.kind === "revoked") throw new HubError("token_revoked")
  const { kind } = session.identity
  await session.changing(() => leave(session, everywhere))
  if (kind === "identified") session.leaveUser()
  else session.leaveRoom()
  const freshUserId = freshVisitor(session.app, session.transport.id)
  session.becomeAnonymous(freshUserId)
  const { situation, offset } = await session.enter(freshUserId, { fresh: true })
  return { result: { state: session.state("logout", situation) }, afterwards: () => session.release(offset) }
}

/** Stores a logout. An expired, revoked or parked socket has no valid proof, so it logs out nothing but itself. */
async function leave({ app, identity, device, transport }: Session, everywhere: boolean): Promise<void> {
  const leaving = { userId: identity.userId, deviceId: device.id, by: transport.id }
  if (identity.kind === "anonymous") await endSession(app, identity.userId, app.now())
  else if (identity.kind === "identified")
    await (everywhere
      ? revokeEverywhere(app, { ...leaving, issuedAt: identity.issuedAt }, app.now())
      : signOutDevice(app, leaving))
}

/**
 * The events that a device missed are the answer, and the live feed goes on beside it. A full state replaces everything,
 * so events that are in it are not sent after it.
 */
async function sync(session: Session, { cursor }: Body<"sync">): Promise<Answer<"sync">> {
  const missed = await eventsMissed(session, cursor)
  if (missed) return { result: { resumed: true, events: missed.events, cursor: missed.cursor } }
  const { situation, offset } = await session.enter(session.identity.userId)
  return {
    result: { resumed: false, state: session.state("reset", situation) },
    afterwards: () => session.release(offset),
  }
}
