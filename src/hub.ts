/**
 * The hub as a whole: the only file that may import every folder. It wires the parts it is given; there is no state
 * outside them, so several hubs live side by side in one process.
 */
import { createServer, type Server as HttpServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { createAdmin } from "./app/admin.ts"
import type { App } from "./app/app.ts"
import { Apps } from "./app/apps.ts"
import { FRAME_BYTES } from "./app/budget.ts"
import { demoKeys } from "./app/demo.ts"
import { findPerson } from "./app/merging.ts"
import { Pulse } from "./app/pulse.ts"
import { agentRooms, Consoles } from "./edge/agents/consoles.ts"
import { AgentFeeds } from "./edge/agents/feeds.ts"
import { serveAgents } from "./edge/agents/namespace.ts"
import type { AgentSession } from "./edge/agents/session.ts"
import type { AnyNamespace, AnySocket } from "./edge/doorway.ts"
import { type Draining, drain } from "./edge/drain.ts"
import { helpCenterUser } from "./edge/help-center.ts"
import { adminApi } from "./edge/http/admin.ts"
import { devTokens } from "./edge/http/dev-token.ts"
import { httpDoor } from "./edge/http/door.ts"
import { health } from "./edge/http/health.ts"
import { pages } from "./edge/http/pages.ts"
import { noPolling } from "./edge/http/polling.ts"
import type { WebFiles } from "./edge/http/web-files.ts"
import { Buckets } from "./edge/limits.ts"
import { serveMessaging } from "./edge/messaging.ts"
import { createMeters } from "./edge/meters.ts"
import { Presence } from "./edge/presence.ts"
import { Rooms, roomName } from "./edge/rooms.ts"
import type { Services } from "./edge/services.ts"
import type { Session } from "./edge/session.ts"
import { sessionTokens } from "./edge/session-token.ts"
import { Sessions } from "./edge/sessions.ts"
import type { AdapterFactory } from "./edge/signals.ts"
import { type Reader, SlowReaders } from "./edge/slow.ts"
import { broadcast, type MessagingNamespace, type SocketData } from "./edge/socket.ts"
import { tokenVerifier } from "./edge/token.ts"
import { Typing } from "./edge/typing.ts"
import type { Clock } from "./lib/clock.ts"
import { randomToken } from "./lib/ids.ts"
import type { Log } from "./lib/log.ts"
import { createMetrics } from "./lib/metrics.ts"
import { HubError } from "./protocol/errors.ts"
import type { Store } from "./store/store.ts"

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
  const io = new Server(http, {
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
  const apps = new Apps(store)
  const pulse = new Pulse(store)
  const sessions = new Sessions()
  apps.onControl((app, control) => sessions.obey(app, control))

  const presence = new Presence({
    clock,
    node: randomToken(9),
    send: (message) => void namespace.serverSideEmit(PRESENCE, message),
  })
  namespace.on(PRESENCE, (message) => presence.receive(message))
  presence.onAgents((appId) => sessions.tellAgents(appId))
  presence.onUser((appId, userId, online) => {
    // Agents know whom there is a record of; whoever was merged away is heard of under his survivor's name.
    apps
      .get(appId)
      .then((app) => findPerson(app, userId))
      .then((person) => person?.record.id === userId && consoles.tellPresence(appId, userId, online))
      .catch(onFeedError)
  })

  const metrics = createMetrics()
  const meters = createMeters(metrics, {
    sockets: () => sessions.count,
    consoles: () => consoles.count,
    rooms: () => rooms.count,
  })
  const slow = new SlowReaders(() => meters.cut.inc({}))
  const onFeedError = (error: unknown): void => {
    meters.faults.inc({ part: "feed" })
    log.error("an event could not be shown", { error })
  }
  const rooms = new Rooms({
    broadcast(room, userId, event) {
      broadcast(namespace, room, userId, event, (socket) => {
        meters.blocked.inc({})
        log.error("a socket stood in a room that is not its own", { socket: socket.id, userId })
      })
      const now = clock.now()
      for (const id of namespace.adapter.rooms.get(room) ?? []) {
        const socket = namespace.sockets.get(id)
        if (socket) slow.look(socket, now)
      }
    },
    onError: onFeedError,
    onOpen: (appId, userId) => presence.userJoined(appId, userId),
    onClose: (appId, userId) => presence.userLeft(appId, userId),
  })

  const tokens = tokenVerifier()
  const visitors = sessionTokens(parts.sessionSecret)
  const sends = new Buckets()
  const typing = new Typing(clock, ({ appId, userId, conversationId, assigneeId }, except, data) => {
    namespace.to(roomName(appId, userId)).except(except).emit("typing", data)
    const watching = [
      agentRooms.all(appId),
      agentRooms.conversation(appId, conversationId),
      ...(assigneeId === undefined ? [] : [agentRooms.mine(appId, assigneeId)]),
    ]
    agents.to(watching).except(except).emit("typing", data)
  })
  const sent = (socket: Reader): void => slow.look(socket, clock.now())
  const services: Services<Session> = {
    clock,
    rooms,
    typing,
    verifyUser: (app, jwt) => tokens.user({ jwt, keyOf: (kid) => app.key(kid), now: clock.now() }),
    verifyHelpCenter: (app, visit) => helpCenterUser(tokens, app, visit, clock.now()),
    agentsOnline: (appId) => presence.agentsOnline(appId),
    sessionToken: (appId, userId) =>
      visitors.sign({ appId, userId, sessionId: randomToken(9), now: clock.now() }),
    demandRate(app, userId) {
      const { sendsPerSecond: perSecond, burst } = app.settings.rateLimits
      const wait = sends.take(`${app.id} ${userId}`, { perSecond, burst }, clock.now())
      if (wait > 0) throw new HubError("rate_limited", undefined, wait)
    },
    cut: (session) => sessions.socketOf(session)?.conn.close(true),
  }
  serveMessaging({
    namespace,
    apps,
    services,
    living: sessions,
    sessions: visitors,
    clock,
    log,
    meters,
    open: () => open,
    now: () => clock.now(),
    sent,
  })
  const verifyAgent = (app: App, jwt: string) =>
    tokens.agent({ jwt, keyOf: (kid) => app.key(kid), now: clock.now() })
  serveAgents({
    namespace: agents,
    apps,
    services: {
      clock,
      feeds: new AgentFeeds(onFeedError),
      cut: (session) => consoles.socketOf(session)?.conn.close(true),
    },
    context: {
      now: () => clock.now(),
      online: (appId, userId) => presence.online(appId, userId),
      verify: (session, jwt) => verifyAgent(session.app, jwt),
      typing: ({ app, wire }, actor, conversationId, active) =>
        typing.change(app, actor, wire.id, conversationId, active),
    },
    living: consoles,
    verify: verifyAgent,
    presence: {
      joined: (appId, socket) => presence.agentJoined(appId, socket),
      left: (appId, socket) => presence.agentLeft(appId, socket),
    },
    log,
    meters,
    open: () => open,
    now: () => clock.now(),
    sent,
  })
  const admin = createAdmin({ apps, now: () => clock.now(), partitions: parts.partitions })

  const sections = [
    ...health({ ready: () => open && pulse.beat().then(() => true), metrics }),
    adminApi({ port: admin, token: parts.adminToken }),
    noPolling,
    ...(parts.development ? [devTokens({ keys: () => demoKeys(apps, admin), now: () => clock.now() })] : []),
    ...(parts.web ? [pages(parts.web, parts.development)] : []),
  ]
  http.removeAllListeners("request").on("request", httpDoor({ log, sections }))

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
  return { signal: (data) => session.wire.signal("reconnect", data), conn: socket.conn }
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
