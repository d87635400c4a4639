/**
 * The hub as a whole: the only file that may import every folder. It wires the parts it is given; there is no state
 * outside them, so several hubs live side by side in one process.
 */
import type { AddressInfo } from "node:net"
import type { Admin } from "./app/admin/admin.ts"
import { createAdmin } from "./app/admin/administration.ts"
import { rememberAgent } from "./app/agents/agent-directory.ts"
import type { App } from "./app/app.ts"
import { demoKeys } from "./app/demo-app.ts"
import { resolveUser } from "./app/merge-users.ts"
import { serveAgents } from "./edge/agents/agent-namespace.ts"
import { watching } from "./edge/agents/console-registry.ts"
import { type AgentLinks, agentLinks } from "./edge/auth/agent-link.ts"
import { helpCenterUser } from "./edge/auth/help-center.ts"
import { sessionTokens } from "./edge/auth/session-token.ts"
import { type TokenVerifier, tokenVerifier } from "./edge/auth/token-verifier.ts"
import { ConsoleFeeds } from "./edge/delivery/console-feeds.ts"
import { Rooms, roomName } from "./edge/delivery/user-rooms.ts"
import { judgeSession } from "./edge/end-user/judge-session.ts"
import { serveMessaging } from "./edge/end-user/messaging-namespace.ts"
import { ReadAdmission } from "./edge/end-user/read-admission.ts"
import type { SessionDeps } from "./edge/end-user/session-deps.ts"
import { broadcast } from "./edge/end-user/socket-transport.ts"
import type { Session } from "./edge/end-user/user-session.ts"
import { adminApi } from "./edge/http/admin-api.ts"
import { consoleSession } from "./edge/http/console-session.ts"
import { devTokens } from "./edge/http/dev-token.ts"
import { health } from "./edge/http/health.ts"
import { httpServer } from "./edge/http/http-server.ts"
import { pages } from "./edge/http/pages.ts"
import { noPolling } from "./edge/http/polling.ts"
import { Presence } from "./edge/presence/presence.ts"
import { Typing } from "./edge/presence/typing.ts"
import { Viewing } from "./edge/presence/viewing.ts"
import { type Draining, drain } from "./edge/socket/drain.ts"
import { UserQuotas } from "./edge/socket/user-quotas.ts"
import { type Core, createCore, type HubParts, listening, openServers, type Servers } from "./hub/core.ts"
import { type Clock, steadyClock } from "./lib/clock.ts"
import { randomToken } from "./lib/ids.ts"
import { restoreStringMethods } from "./lib/string-methods.ts"
import type { SignalData } from "./protocol/events.ts"

export interface Hub {
  /** @returns the URL it listens on */
  listen(port: number, host: string): Promise<string>
  /** Not ready any more, asks the sockets to reconnect, finishes what was begun. The caller closes the store. */
  close(): Promise<void>
}

export function createHub(parts: HubParts): Hub {
  restoreStringMethods()
  const servers = openServers(parts)
  const core = createCore(servers, parts)
  const presence = createPresence(servers, core, parts)
  const rooms = createRooms(servers, core, presence, parts)
  core.apps.onControl((app, control) => core.sessions.applyControl(app, control, rooms))
  const typing = createTyping(servers)
  const tokens = tokenVerifier()
  serveEndUsers({ servers, core, presence, rooms, typing, tokens }, parts)
  serveDesk({ servers, core, presence, rooms, typing, tokens }, parts)
  const links = agentLinks(parts.sessionSecret)
  const making = { apps: core.apps, now: () => parts.store.now(), partitions: parts.partitions }
  const admin = createAdmin({ ...making, signLink: links.sign })
  const demo = () => demoKeys({ ...making, admin })
  serveHttp({ servers, core, admin, demo, links, tokens }, parts)

  return {
    async listen(port, host) {
      if (parts.development) await demo()
      await listening(servers.http, port, host)
      if (parts.adapter) presence.start()
      // Reads the store's mark [S15], so that a store that is emptied later is noticed. Whether it answers, readiness
      // tells.
      core.probe.check().catch(() => undefined)
      // The boundary: a TCP server that listens has an address of this shape.
      const address = servers.http.address() as AddressInfo
      const name = address.family === "IPv6" ? `[${address.address}]` : address.address
      return `http://${name}:${address.port}`
    },
    async close() {
      servers.open = false
      servers.http.close()
      await Promise.all([core.sessions.idle(), core.consoles.idle()])
      const sockets = [...core.sessions.all(), ...core.consoles.all()]
      await drain(sockets.map(draining), parts.clock, parts.drainMs)
      presence.stop()
      const closed = servers.io.close()
      // Connections that are idle, or in the middle of a request, must not keep the process from ending.
      servers.connections.end()
      await closed
      await core.lastSeen.flush()
      await core.apps.close()
      await core.probe.stop()
    },
  }
}

function createPresence(
  servers: Servers,
  { apps, sessions, consoles, onFeedError }: Core,
  { clock }: HubParts,
) {
  const { endUsers } = servers
  const presence = new Presence({
    clock,
    node: randomToken(9),
    send: (message) => void endUsers.serverSideEmit("hub:presence", message),
  })
  endUsers.on("hub:presence", (message) => presence.receive(message))
  presence.onAgents((appId) => sessions.sendPresence(appId))
  presence.onUser((appId, userId, online) => {
    if (consoles.count === 0) return
    // Agents get the presence of users with a record; of a merged user only the survivor's is reported.
    apps
      .get(appId)
      .then(async (app) => {
        const user = await resolveUser(app, userId)
        if (user?.record.id === userId) consoles.sendPresence(appId, userId, online)
      })
      .catch(onFeedError)
  })
  return presence
}

function createRooms(
  { endUsers }: Servers,
  { guard, hubMetrics, log, open, onFeedError }: Core,
  presence: Presence,
  { clock }: HubParts,
) {
  return new Rooms({
    broadcast(room, userId, event) {
      broadcast({ namespace: endUsers, guard, now: clock.now() }, room, userId, event, (socket) => {
        hubMetrics.blocked.inc({})
        log.error("a socket stood in a room that is not its own", { socket: socket.id, userId })
      })
    },
    onError: onFeedError,
    onOpen(appId, userId) {
      open.rooms += 1
      presence.userJoined(appId, userId)
    },
    onClose(appId, userId) {
      open.rooms -= 1
      presence.userLeft(appId, userId)
    },
  })
}

const createTyping = ({ endUsers, agents }: Servers) =>
  new Typing(steadyClock, ({ appId, userId, conversationId, assigneeId }, except, data) => {
    endUsers.to(roomName(appId, userId)).except(except).emit("typing", data)
    agents
      .to(watching(appId, conversationId, assigneeId))
      .except(except)
      .emit("typing", data)
  })

const createViewing = ({ agents }: Servers, { clock }: HubParts) =>
  new Viewing(clock, ({ appId, conversationId, assigneeId }, except, data) => {
    agents
      .to(watching(appId, conversationId, assigneeId))
      .except(except)
      .emit("viewing", data)
  })

/** What serving either namespace needs. */
interface Serving {
  readonly servers: Servers
  readonly core: Core
  readonly presence: Presence
  readonly rooms: Rooms
  readonly typing: Typing
  readonly tokens: TokenVerifier
}

function serveEndUsers(serving: Serving, { clock, sessionSecret }: HubParts): void {
  const { servers, core, presence, rooms, typing, tokens } = serving
  const { apps, sessions, guard, hubMetrics } = core
  const visitors = sessionTokens(sessionSecret)
  const quotas = new UserQuotas(steadyClock.now)
  const deps: SessionDeps<Session> = {
    clock,
    rooms,
    typing,
    lastSeen: core.lastSeen,
    readAdmission: new ReadAdmission(steadyClock, quotas),
    verifyUser: (app, jwt) => tokens.user({ jwt, keyOf: (kid) => app.key(kid), now: clock.now() }),
    verifyHelpCenter: (app, visit) => helpCenterUser(tokens, app, visit, clock.now()),
    agentsOnline: (appId) => presence.agentsOnline(appId),
    sessionToken: (appId, session) => visitors.sign(appId, session),
    judge: judgeSession,
    cut: (session) => sessions.socketOf(session)?.conn.close(true),
  }
  serveMessaging({
    namespace: servers.endUsers,
    apps,
    deps,
    registry: sessions,
    quotas,
    limiter: core.limiter,
    sessions: visitors,
    clock,
    faults: core.faults,
    hubMetrics,
    open: () => servers.open,
    guard,
  })
}

const agentVerifier = (tokens: TokenVerifier, clock: Clock) => (app: App, jwt: string) =>
  tokens.agent({ jwt, keyOf: (kid) => app.key(kid), now: clock.now() })

function serveDesk(serving: Serving, parts: HubParts): void {
  const { clock } = parts
  const { servers, core, presence, typing, tokens } = serving
  const { apps, consoles, guard, hubMetrics, onFeedError } = core
  const viewing = createViewing(servers, parts)
  const verify = agentVerifier(tokens, clock)
  serveAgents({
    namespace: servers.agents,
    apps,
    deps: {
      clock,
      feeds: new ConsoleFeeds(onFeedError),
      cut: (session) => consoles.socketOf(session)?.conn.close(true),
      present({ app, transport }, here) {
        if (here) return presence.agentJoined(app.id, transport.id)
        presence.agentLeft(app.id, transport.id)
        viewing.left(transport.id)
        typing.left(transport.id)
      },
    },
    context: {
      online: (appId, userId) => presence.online(appId, userId),
      verify: (session, jwt) => verify(session.app, jwt),
      typing: (session, actor, conversationId, active) => {
        const socket = { id: session.transport.id, present: () => session.live }
        return typing.change(session.app, actor, socket, conversationId, active)
      },
      typed: ({ transport }, conversationId) => typing.sent(transport.id, conversationId),
      viewing: ({ app, agent, transport }, conversationId, active) =>
        viewing.change(app, agent, transport.id, conversationId, active),
    },
    registry: consoles,
    verify,
    came: (app, agent) => void rememberAgent(app, agent, app.now()).catch(onFeedError),
    faults: core.faults,
    hubMetrics,
    open: () => servers.open,
    guard,
  })
}

interface HttpServing extends Pick<Serving, "servers" | "core" | "tokens"> {
  readonly admin: Admin
  readonly demo: () => ReturnType<typeof demoKeys>
  readonly links: AgentLinks
}

function serveHttp({ servers, core, admin, demo, links, tokens }: HttpServing, parts: HubParts): void {
  const { clock, log, development, store, web } = parts
  const now = (): number => clock.now()
  const routes = [
    ...health({
      ready: () => servers.open && core.probe.check().then(() => true),
      metrics: core.metrics,
      token: parts.metricsToken,
    }),
    adminApi({ admin, token: parts.adminToken }),
    consoleSession({ apps: core.apps, links, verify: agentVerifier(tokens, clock), now: () => store.now() }),
    noPolling,
    ...(development ? [devTokens({ keys: demo, now })] : []),
    ...(web ? [pages(web, development)] : []),
  ]
  servers.http
    .removeAllListeners("request")
    .on("request", httpServer({ log, routes, budget: servers.budget }))
}

/** A socket of either namespace, with its session. */
type OpenSocket = readonly [
  session: { readonly transport: { signal(name: "reconnect", data: SignalData["reconnect"]): void } },
  socket: { readonly conn: Draining["conn"] },
]

const draining = ([{ transport }, { conn }]: OpenSocket): Draining => ({
  signal: (data) => transport.signal("reconnect", data),
  conn,
})
