/**
 * The hub as a whole: the only file that may import every folder. It wires the parts it is given; there is no state
 * outside them, so several hubs live side by side in one process.
 */
import { createServer, type Server as HttpServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { createAdmin } from "./app/administration.ts"
import { rememberAgent } from "./app/agents/agent-directory.ts"
import type { App } from "./app/app.ts"
import { Apps } from "./app/app-registry.ts"
import { demoKeys } from "./app/demo-app.ts"
import { FRAME_BYTES } from "./app/frame-budget.ts"
import { resolveUser } from "./app/merge-users.ts"
import { ReadinessProbe } from "./app/readiness-probe.ts"
import { serveAgents } from "./edge/agents/agent-namespace.ts"
import type { AgentSession } from "./edge/agents/agent-session.ts"
import { Consoles, watching } from "./edge/agents/consoles.ts"
import { agentLinks } from "./edge/auth/agent-link.ts"
import { helpCenterUser } from "./edge/auth/help-center.ts"
import { sessionTokens } from "./edge/auth/session-token.ts"
import { tokenVerifier } from "./edge/auth/token-verifier.ts"
import { AgentFeeds } from "./edge/delivery/agent-feeds.ts"
import { Rooms, roomName } from "./edge/delivery/user-rooms.ts"
import { judgeSession } from "./edge/end-user/judge-proof.ts"
import { serveMessaging } from "./edge/end-user/messaging-namespace.ts"
import type { SessionDeps } from "./edge/end-user/session-deps.ts"
import { SessionRegistry } from "./edge/end-user/session-registry.ts"
import { broadcast, type MessagingNamespace, type SocketData } from "./edge/end-user/socket-transport.ts"
import type { Session } from "./edge/end-user/user-session.ts"
import { adminApi } from "./edge/http/admin-api.ts"
import { consoleSession } from "./edge/http/console-session.ts"
import { devTokens } from "./edge/http/dev-token.ts"
import { health } from "./edge/http/health.ts"
import { httpServer } from "./edge/http/http-server.ts"
import { pages } from "./edge/http/pages.ts"
import { noPolling } from "./edge/http/polling.ts"
import type { WebFiles } from "./edge/http/web-files.ts"
import { Presence } from "./edge/presence/presence.ts"
import { Typing } from "./edge/presence/typing.ts"
import { Viewing } from "./edge/presence/viewing.ts"
import { AddressBook, type AddressLimits, USUAL_ADDRESS_LIMITS } from "./edge/socket/address-book.ts"
import { ClientAddresses } from "./edge/socket/client-address.ts"
import { admission, ConnectionGuard } from "./edge/socket/connection-guard.ts"
import { type Draining, drain } from "./edge/socket/drain.ts"
import { createHubMetrics } from "./edge/socket/hub-metrics.ts"
import type { AnyNamespace, AnySocket } from "./edge/socket/packets.ts"
import { RateLimiter } from "./edge/socket/rate-limiter.ts"
import type { AdapterFactory } from "./edge/socket/redis-adapter.ts"
import { UserAccounts } from "./edge/socket/user-accounts.ts"
import type { Clock } from "./lib/clock.ts"
import { randomToken } from "./lib/ids.ts"
import type { Log } from "./lib/log.ts"
import { createMetrics } from "./lib/metrics.ts"
import type { Store } from "./store/contract.ts"

export interface HubParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly adminToken: string
  readonly sessionSecret: string
  /** Partitions of newly made apps. */
  readonly partitions: number
  /** Carries signals between nodes; without it the node is alone. */
  readonly adapter?: AdapterFactory
  /** The app `demo` and tokens for whoever asks. */
  readonly development: boolean
  /** Milliseconds over which a drain spreads its sockets. */
  readonly drainMs: number
  /** Addresses and networks whose `X-Forwarded-For` counts. */
  readonly trustedProxies?: readonly string[]
  readonly addressLimits?: AddressLimits
  /** The widget and the pages as they were built; without them the hub serves none. */
  readonly web?: WebFiles
}

export interface Hub {
  /** @returns the URL it listens on */
  listen(port: number, host: string): Promise<string>
  /** Not ready, tell the sockets to come back, finish what was begun. The store is the caller's to close. */
  close(): Promise<void>
}

/** The name of what nodes tell one another of who is there. */
const PRESENCE = "hub:presence"

export function createHub(parts: HubParts): Hub {
  const { store, clock, log } = parts
  let open = true
  const http = createServer()
  const addresses = new AddressBook(
    new ClientAddresses(parts.trustedProxies ?? []),
    parts.addressLimits ?? USUAL_ADDRESS_LIMITS,
  )
  const io = new Server(http, {
    allowRequest: admission(addresses, clock),
    transports: ["websocket"],
    serveClient: false,
    maxHttpBufferSize: FRAME_BYTES,
    connectTimeout: 10_000,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    ...(parts.adapter && { adapter: parts.adapter }),
  })
  const namespace: MessagingNamespace = io.of("/messaging")
  const agents: AnyNamespace = io.of("/agent")
  const consoles = new Consoles()
  const metrics = createMetrics()
  const meters = createHubMetrics(metrics, {
    sockets: () => sessions.count,
    consoles: () => consoles.count,
    rooms: () => rooms.count,
  })
  const apps = new Apps(store, {
    conflict: (change) => meters.conflicts.inc({ change }),
    exhausted(change, tries) {
      meters.exhausted.inc({ change })
      log.error("given up: what was decided on had changed each time", { change, tries })
    },
    away(part, error) {
      meters.faults.inc({ part })
      log.warn("the store does not answer; it is asked again", { part, error })
    },
  })
  const pulse = new ReadinessProbe(store)
  const sessions = new SessionRegistry()
  apps.onControl((app, control) => sessions.applyControl(app, control))

  const presence = new Presence({
    clock,
    node: randomToken(9),
    send: (message) => void namespace.serverSideEmit(PRESENCE, message),
  })
  namespace.on(PRESENCE, (message) => presence.receive(message))
  presence.onAgents((appId) => sessions.sendPresence(appId))
  presence.onUser((appId, userId, online) => {
    // Agents know whom there is a record of; whoever was merged away is heard of under his survivor's name.
    apps
      .get(appId)
      .then((app) => resolveUser(app, userId))
      .then((person) => person?.record.id === userId && consoles.tellPresence(appId, userId, online))
      .catch(onFeedError)
  })

  const guard = new ConnectionGuard({
    addresses,
    namespaces: new Set([namespace.name, agents.name]),
    now: () => clock.now(),
    onEnd: (reason) => (reason === "slow" ? meters.cut.inc({}) : meters.ended.inc({ reason })),
  })
  guard.watch(io.engine)
  const onFeedError = (error: unknown): void => {
    meters.faults.inc({ part: "feed" })
    log.error("an event could not be shown", { error })
  }
  const rooms = new Rooms({
    broadcast(room, userId, event) {
      broadcast(namespace, guard, room, userId, event, (socket) => {
        meters.blocked.inc({})
        log.error("a socket stood in a room that is not its own", { socket: socket.id, userId })
      })
    },
    onError: onFeedError,
    onOpen: (appId, userId) => presence.userJoined(appId, userId),
    onClose: (appId, userId) => presence.userLeft(appId, userId),
  })

  const tokens = tokenVerifier()
  const visitors = sessionTokens(parts.sessionSecret)
  const typing = new Typing(clock, ({ appId, userId, conversationId, assigneeId }, except, data) => {
    namespace.to(roomName(appId, userId)).except(except).emit("typing", data)
    agents
      .to(watching(appId, conversationId, assigneeId))
      .except(except)
      .emit("typing", data)
  })
  const viewing = new Viewing(clock, ({ appId, conversationId, assigneeId }, except, data) => {
    agents
      .to(watching(appId, conversationId, assigneeId))
      .except(except)
      .emit("viewing", data)
  })
  const deps: SessionDeps<Session> = {
    clock,
    rooms,
    typing,
    verifyUser: (app, jwt) => tokens.user({ jwt, keyOf: (kid) => app.key(kid), now: clock.now() }),
    verifyHelpCenter: (app, visit) => helpCenterUser(tokens, app, visit, clock.now()),
    agentsOnline: (appId) => presence.agentsOnline(appId),
    sessionToken: (appId, userId) =>
      visitors.sign({ appId, userId, sessionId: randomToken(9), now: clock.now() }),
    judge: judgeSession,
    cut: (session) => sessions.socketOf(session)?.conn.close(true),
  }
  serveMessaging({
    namespace,
    apps,
    deps,
    registry: sessions,
    accounts: new UserAccounts(() => clock.now()),
    limiter: new RateLimiter(() => clock.now()),
    sessions: visitors,
    clock,
    log,
    meters,
    open: () => open,
    guard,
  })
  const verifyAgent = (app: App, jwt: string) =>
    tokens.agent({ jwt, keyOf: (kid) => app.key(kid), now: clock.now() })
  serveAgents({
    namespace: agents,
    apps,
    deps: {
      clock,
      feeds: new AgentFeeds(onFeedError),
      cut: (session) => consoles.socketOf(session)?.conn.close(true),
    },
    context: {
      now: () => clock.now(),
      online: (appId, userId) => presence.online(appId, userId),
      verify: (session, jwt) => verifyAgent(session.app, jwt),
      typing: ({ app, transport }, actor, conversationId, active) =>
        typing.change(app, actor, transport.id, conversationId, active),
      viewing: ({ app, agent, transport }, conversationId, active) =>
        viewing.change(app, agent, transport.id, conversationId, active),
    },
    registry: consoles,
    verify: verifyAgent,
    presence: {
      joined: (appId, socket) => presence.agentJoined(appId, socket),
      left: (appId, socket) => presence.agentLeft(appId, socket),
    },
    viewingLeft: (socket) => viewing.left(socket),
    came: (app, agent) => void rememberAgent(app, agent, clock.now()).catch(onFeedError),
    log,
    meters,
    open: () => open,
    guard,
  })
  const links = agentLinks(parts.sessionSecret)
  const now = (): number => clock.now()
  const admin = createAdmin({ apps, now, partitions: parts.partitions, signLink: links.sign })

  const routes = [
    ...health({ ready: () => open && pulse.check().then(() => true), metrics }),
    adminApi({ port: admin, token: parts.adminToken }),
    consoleSession({ apps, links, verify: verifyAgent, now }),
    noPolling,
    ...(parts.development ? [devTokens({ keys: () => demoKeys(apps, admin), now: () => clock.now() })] : []),
    ...(parts.web ? [pages(parts.web, parts.development)] : []),
  ]
  http.removeAllListeners("request").on("request", httpServer({ log, routes }))

  return {
    async listen(port, host) {
      if (parts.development) await demoKeys(apps, admin)
      await listening(http, port, host)
      if (parts.adapter) presence.start()
      // The boundary: a TCP server that listens has an address of this shape.
      const address = http.address() as AddressInfo
      const name = address.family === "IPv6" ? `[${address.address}]` : address.address
      return `http://${name}:${address.port}`
    },
    async close() {
      open = false
      http.close()
      await Promise.all([sessions.idle(), consoles.idle()])
      await drain([...sessions.all(), ...consoles.all()].map(draining), clock, parts.drainMs)
      presence.stop()
      await io.close()
      await apps.close()
      await pulse.stop()
    },
  }
}

function draining([session, socket]: readonly [
  Session | AgentSession,
  AnySocket<SocketData> | AnySocket,
]): Draining {
  return { signal: (data) => session.transport.signal("reconnect", data), conn: socket.conn }
}

function listening(http: HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject)
    http.listen(port, host, () => {
      http.off("error", reject)
      resolve()
    })
  })
}
