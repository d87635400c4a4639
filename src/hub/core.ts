/** The first parts of the hub: its servers, and everything that both namespaces use. */
import { createServer, type Server as HttpServer } from "node:http"
import { Server } from "socket.io"
import { Apps } from "../app/app-registry.ts"
import { FRAME_BYTES } from "../app/frame-budget.ts"
import { LastSeen } from "../app/last-seen.ts"
import { ReadinessProbe } from "../app/readiness-probe.ts"
import { type AgentNamespace, ConsoleRegistry } from "../edge/agents/console-registry.ts"
import { SessionRegistry } from "../edge/end-user/session-registry.ts"
import type { MessagingNamespace } from "../edge/end-user/socket-transport.ts"
import { bearerTest } from "../edge/http/bearer.ts"
import { type Connections, manageConnections } from "../edge/http/http-connections.ts"
import { RequestBudget } from "../edge/http/request-budget.ts"
import type { WebFiles } from "../edge/http/web-files.ts"
import { type AddressLimits, AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../edge/socket/address-quotas.ts"
import { ClientAddresses } from "../edge/socket/client-address.ts"
import { admission, ConnectionGuard } from "../edge/socket/connection-guard.ts"
import { FaultLog } from "../edge/socket/fault-log.ts"
import { createHubMetrics } from "../edge/socket/hub-metrics.ts"
import { RateLimiter } from "../edge/socket/rate-limiter.ts"
import type { AdapterFactory } from "../edge/socket/redis-adapter.ts"
import { SharedCounts } from "../edge/socket/shared-counts.ts"
import { type Clock, steadyClock } from "../lib/clock.ts"
import { randomToken } from "../lib/ids.ts"
import type { Log } from "../lib/log.ts"
import { createMetrics } from "../lib/metrics.ts"
import { AGENT, MESSAGING } from "../protocol/socket-events.ts"
import type { Store } from "../store/contract.ts"

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
  /** Whether there is an app `demo`, and any caller gets tokens for it. */
  readonly development: boolean
  /** Milliseconds over which a drain spreads its sockets. */
  readonly drainMs: number
  /** Addresses and networks whose `X-Forwarded-For` counts. */
  readonly trustedProxies?: readonly string[]
  readonly addressLimits?: AddressLimits
  /** Milliseconds for which an idle HTTP connection is kept; 75,000 if not given. */
  readonly keepAliveMs?: number
  /** Bearer token that `/metrics` asks for; without it they are open to all. */
  readonly metricsToken?: string
  /** The widget and the pages as they were built; without them the hub serves none. */
  readonly web?: WebFiles
}

/** The HTTP server, Socket.IO on it, its two namespaces, and the limits by address. */
export interface Servers {
  readonly http: HttpServer
  readonly io: Server
  readonly connections: Connections
  readonly budget: RequestBudget
  readonly addresses: AddressQuotas
  readonly endUsers: MessagingNamespace
  readonly agents: AgentNamespace
  /** False while the node drains. */
  open: boolean
}

const UNNAMED_PROXY =
  "X-Forwarded-For comes from a private address that TRUSTED_PROXIES does not name: all who come through it are one address, which no limit by address counts. If it is your proxy, name it there"

/** How often Node looks for connections whose request is not complete in time. */
const CHECK_CONNECTIONS_MS = 5_000

export function openServers({
  adminToken,
  adapter,
  trustedProxies = [],
  addressLimits,
  keepAliveMs = 75_000,
  log,
}: HubParts): Servers {
  const http = createServer({ connectionsCheckingInterval: CHECK_CONNECTIONS_MS })
  const addresses = new AddressQuotas(
    new ClientAddresses(trustedProxies, (proxy) => log.warn(UNNAMED_PROXY, { proxy })),
    addressLimits ?? DEFAULT_ADDRESS_LIMITS,
  )
  const io = new Server(http, {
    allowRequest: admission(addresses, steadyClock),
    transports: ["websocket"],
    serveClient: false,
    maxHttpBufferSize: FRAME_BYTES,
    connectTimeout: 10_000,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    ...(adapter && { adapter }),
  })
  const { now } = steadyClock
  const budget = new RequestBudget({ addresses, now, operator: bearerTest(adminToken) })
  const connections = manageConnections(http, keepAliveMs, io.path(), budget, { addresses, now })
  return {
    http,
    io,
    connections,
    budget,
    addresses,
    endUsers: io.of(MESSAGING),
    agents: io.of(AGENT),
    open: true,
  }
}

/** The rate limiter; with an adapter it shares its counts with the other nodes. */
function createLimiter(
  { endUsers }: Servers,
  { clock, adapter }: Pick<HubParts, "clock" | "adapter">,
): RateLimiter {
  const { now } = steadyClock
  if (!adapter) return new RateLimiter(now)
  return new RateLimiter(now, (onSpent) => {
    const counts = new SharedCounts({
      clock,
      node: randomToken(9),
      send: (message) => void endUsers.serverSideEmit("hub:spent", message),
      onSpent,
    })
    endUsers.on("hub:spent", (message) => counts.receive(message))
    return counts
  })
}

/** What both namespaces use: apps, registries, metrics, limits, and the guard of the connections. */
export function createCore(servers: Servers, { store, clock, log, development, adapter }: HubParts) {
  const metrics = createMetrics()
  const sessions = new SessionRegistry()
  const consoles = new ConsoleRegistry()
  const open = { rooms: 0 }
  const hubMetrics = createHubMetrics(metrics, {
    sockets: () => sessions.count,
    consoles: () => consoles.count,
    rooms: () => open.rooms,
  })
  const apps = new Apps(
    store,
    {
      conflict: (change) => hubMetrics.conflicts.inc({ change }),
      exhausted(change, tries) {
        hubMetrics.exhausted.inc({ change })
        log.error("given up: what was decided on had changed each time", { change, tries })
      },
      away(part, error) {
        hubMetrics.faults.inc({ part })
        log.warn("the store does not answer; it is asked again", { part, error })
      },
      unshowable(part, id, error) {
        hubMetrics.faults.inc({ part })
        log.error("a row cannot be shown and was left out", { part, id, error })
      },
    },
    development,
  )
  const guard = new ConnectionGuard({
    addresses: servers.addresses,
    namespaces: new Set([servers.endUsers.name, servers.agents.name]),
    now: steadyClock.now,
    onEnd: (reason) => (reason === "slow" ? hubMetrics.cut.inc({}) : hubMetrics.ended.inc({ reason })),
  })
  guard.watch(servers.io.engine)
  const onFeedError = (error: unknown): void => {
    hubMetrics.faults.inc({ part: "feed" })
    log.error("an event could not be shown", { error })
  }
  const lastSeen = new LastSeen(clock, (error) =>
    log.warn("when devices were last there could not be written", { error }),
  )
  const limiter = createLimiter(servers, { clock, ...(adapter && { adapter }) })
  const probe = new ReadinessProbe(store)
  return {
    metrics,
    hubMetrics,
    sessions,
    consoles,
    open,
    apps,
    guard,
    probe,
    lastSeen,
    limiter,
    onFeedError,
    faults: new FaultLog(log),
    log,
  }
}
export type Core = ReturnType<typeof createCore>

/** Resolves when it takes connections. */
export function listening(http: HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject)
    http.listen(port, host, () => {
      http.off("error", reject)
      resolve()
    })
  })
}
